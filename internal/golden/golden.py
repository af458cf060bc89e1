#!/usr/bin/env python3
"""Writes golden.json.gz beside this file: what PyTorch and NumPy compute, for package blend to be held against.

Needs numpy and torch, at the versions of requirements.txt for the same bytes again; opencv-python-headless is compared too
where it is installed.
"""
import base64, gzip, hashlib, json, pathlib
import numpy as np
import torch

try:
    import cv2
except ImportError:
    cv2 = None

torch.set_flush_denormal(False)  # NumPy runs on the same thread; float32_cases checks that neither flushes
rng = np.random.default_rng(20260)

SPECIAL = np.array(
    [0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x80800001, 0x3F800000, 0xBF800000,
     0x3F800001, 0x437F0000, 0x60AD78EC, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000], dtype=np.uint32)
LAMBDAS = [0.0, 1.0, 0.5, 0.3, 1e-8, 1 / 3, 0.9999999, 0.7310585786300049] + [float(v) for v in rng.random(4)]
LAMBDAS += [1e-40, 5e-324]  # denormal as float32; 0 as float32, but not as float64


def batch():
    """Every special value against every other, ordinary numbers, and any bits at all."""
    n = len(SPECIAL)
    rows = [np.repeat(SPECIAL, n), np.tile(SPECIAL, n)]
    rows += [rng.standard_normal(n * n).astype(np.float32).view(np.uint32) for _ in range(2)]
    rows += [rng.integers(0, 2**32, n * n, dtype=np.uint32) for _ in range(2)]
    return np.stack(rows).view(np.float32)


def b64(a):
    return base64.b64encode(a.astype("<u4").tobytes()).decode()


def float32_cases(x):
    for index in ([1, 0, 3, 2, 5, 4], [2, 2, 0, 5, 5, 1]):
        for lam in LAMBDAS:
            with np.errstate(all="ignore"):
                want = lam * x + (1 - lam) * x[index]
            t = torch.from_numpy(x)
            other = (lam * t + (1 - lam) * t[index]).numpy()
            assert want.dtype == np.float32 and other.dtype == np.float32
            same = (want.view(np.uint32) == other.view(np.uint32)) | (np.isnan(want) & np.isnan(other))
            assert same.all(), (lam, x[~same], want[~same], other[~same])
            if index[0] == 1:  # special values meet each other: denormals come in, and some must come out
                for r in (want, other):
                    assert ((r != 0) & (np.abs(r) < np.float32(2.0**-126))).any(), lam
            yield {"lambda": lam.hex(), "index": index, "want": b64(np.where(np.isnan(want), np.float32(np.nan), want).view(np.uint32))}


def near_ties(a, b, w):
    """Where to look when rounding is wrong: ties that go down, ties that go up, and the nearest to a tie on each side."""
    q, r = np.divmod(w * a.astype(np.int64) + (32768 - w) * b.astype(np.int64), 32768)
    tie = r == 16384
    at = [int(i) for odd in (0, 1) for i in np.flatnonzero(tie & (q % 2 == odd))[:3]]
    if (r > 0).any():
        at += [int(np.where(r < 16384, r, -1).argmax()), int(np.where(r > 16384, r, 32768).argmin())]
    return at + [0x00FF, 0xFF00]


def uint8_cases():
    a, b = (v.astype(np.uint8) for v in np.divmod(np.arange(65536), 256))
    ws = [0, 1, 2, 127, 128, 129, 255, 256, 8192, 9830, 9831, 9856, 16256, 16383, 16384, 16385, 16512, 32640, 32767, 32768]
    ws += [128 * int(k) for k in rng.integers(1, 256, 12)] + [int(w) for w in rng.integers(1, 32768, 12)]
    ws += [64, 16320, 32704]  # odd multiples of 64, next to those that have ties
    for w in dict.fromkeys(ws):
        lam = w / 32768
        want = np.rint(lam * a.astype(np.float32) + (1 - lam) * b.astype(np.float32)).astype(np.uint8)
        ta, tb = torch.from_numpy(a.astype(np.float32)), torch.from_numpy(b.astype(np.float32))
        assert (torch.round(lam * ta + (1 - lam) * tb).to(torch.uint8).numpy() == want).all(), w
        if cv2 is not None:
            assert (cv2.addWeighted(a, lam, b, 1 - lam, 0).ravel() == want).all(), w
        spots = [[int(a[i]), int(b[i]), int(want[i])] for i in near_ties(a, b, w)]
        yield {"w": w, "lambda": lam.hex(), "sha256": hashlib.sha256(want.tobytes()).hexdigest(), "spots": spots}


def main():
    x = batch()
    golden = {
        "versions": {"numpy": np.__version__, "torch": torch.__version__, "cv2": cv2 and cv2.__version__},
        "x": b64(x.view(np.uint32)), "rows": x.shape[0],
        "float32": list(float32_cases(x)), "uint8": list(uint8_cases()),
    }
    out = pathlib.Path(__file__).with_name("golden.json.gz")
    with out.open("wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:  # gzip.compress's header depends on the Python
        z.write(json.dumps(golden, indent=0).encode())
    print(out.name, out.stat().st_size, "bytes,", golden["versions"])


main()
