#!/usr/bin/env python3
"""Writes masses.txt beside this file: the probability that Beta(α, α), rounded to the grid of 2**-15, is w or 2**15 − w.

A line is α and w, and the probability, the first and last as float.hex. It is computed by mpmath, whose version is in
requirements.txt, with 30 digits.
"""
import pathlib
import mpmath
from mpmath import betainc, exp, linspace, log, loggamma, mp, mpf, quad, sqrt

mp.dps = 30
ONE, HALF = 2**15, 2**14
ALPHAS = (1e-12, 1e-3, 0.05, 0.2, 0.4, 0.8, 1, 1.5, 2, 2.5, 5, 8, 32, 100, 1000, 1e5, 1e7, 1e8, 1e9, 1e11)
WS = sorted({0, 1, 2, 3, 9, 10, 11, 12, 17, 50, 200, 1000, 4096, 8191, 8192, 8193, 12000, 15000, 16000, 16200, 16300, 16350}
            | set(range(16370, HALF + 1, 2)) | {HALF - 1, HALF - 3})


def probability(alpha, w):
    a = mpf(alpha)
    lo, hi = mpf(max(2 * w - 1, 0)) / (2 * ONE), min(mpf(2 * w + 1) / (2 * ONE), mpf(1) / 2)
    scale = 2 * loggamma(a) - loggamma(2 * a) + a * log(4)  # log 4**α·B(α, α)
    log_density = lambda x: (a - 1) * log(4 * x * (1 - x)) - scale
    if a > 1 and log_density(hi) < -60:
        return 0
    if w == 0:
        return 2 * betainc(a, a, 0, hi, regularized=True)
    sigma = 1 / sqrt(8 * a)
    lo = max(lo, hi - 40 * sigma)
    peak = log_density(hi)  # quad's error is an absolute one
    edges = linspace(lo, hi, int(3 + (hi - lo) / sigma))
    return 8 * exp(peak) * quad(lambda x: exp(log_density(x) - peak), edges)


def main():
    lines = []
    for alpha in ALPHAS:
        for w in WS:
            p = probability(alpha, w)
            if p > 1e-18:
                lines.append(f"{float(alpha).hex()} {w} {float(p).hex()}\n")
    out = pathlib.Path(__file__).with_name("masses.txt")
    out.write_text("".join(lines))
    print(out.name, len(lines), "lines, mpmath", mpmath.__version__)


main()
