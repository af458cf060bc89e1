#!/usr/bin/env python3
"""Writes floats16.json.gz beside this file: SHA-256 of what NumPy computes, for kernels to be held against.

bfloat16, float16: for each lambda, of lam*a + (1-lam)*b in float32, rounded to the 16 bits of a and b: a is every bit pattern i in
turn, b the pattern 40503*i + 12345 modulo 2**16; each NaN is 0x7fff. requirements.txt says what it needs.
"""
import gzip, hashlib, json, pathlib
import ml_dtypes, numpy as np

LAMBDAS = [0.0, 1.0, 0.5, 0.25, 0.3, 1 - 0.3, 77 / 256, 1 / 3, 1e-8, 0.9999999, 1 / 32768, 0.7310585786300049]

a = np.arange(1 << 16, dtype=np.uint32)
b = (40503 * a + 12345) & 0xffff


def mixed(dtype):
    x, y = (v.astype(np.uint16).view(dtype).astype(np.float32) for v in (a, b))
    for lam in LAMBDAS:
        with np.errstate(all="ignore"):
            r = (np.float32(lam) * x + np.float32(1 - lam) * y).astype(dtype)
        bits = r.view(np.uint16).copy()
        bits[np.isnan(r)] = 0x7fff
        yield {"lambda": lam, "sha256": hashlib.sha256(bits.astype("<u2").tobytes()).hexdigest()}


data = {"numpy": np.__version__, "ml_dtypes": ml_dtypes.__version__,
        "bfloat16": list(mixed(ml_dtypes.bfloat16)), "float16": list(mixed(np.float16))}
path = pathlib.Path(__file__).with_suffix(".json.gz")
with open(path, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0) as z:
    z.write(json.dumps(data).encode())
