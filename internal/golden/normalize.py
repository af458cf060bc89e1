#!/usr/bin/env python3
"""Writes normalize.json.gz beside this file: SHA-256 of what PyTorch computes on a CPU, for kernels to be held against.

normalize: for weights w, of (lam*a + (1-lam)*b)*scale + bias in float32 over all pairs of bytes, for three channels, then of
the same in bfloat16, then in float16. bfloat16, float16: of the conversions of all float32, 2**24 bit patterns to a hash, each NaN
being 0x7fff. requirements.txt says what it needs.
"""
import gzip, hashlib, json, pathlib
import numpy as np, torch

torch.set_num_threads(2)
ONE = 1 << 15
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
SCALE = [np.float32(1 / (255 * s)) for s in STD]
BIAS = [np.float32(-m / s) for m, s in zip(MEAN, STD)]

a = torch.arange(256, dtype=torch.float32).repeat_interleave(256)
b = torch.arange(256, dtype=torch.float32).repeat(256)
normalize = {}
for w in list(range(0, ONE + 1, 127)) + [1, 2, ONE // 2, ONE - 1, ONE]:
    lam = w / ONE
    mixed = lam * a + (1 - lam) * b
    out = torch.cat([mixed * float(s) + float(c) for s, c in zip(SCALE, BIAS)])
    h = hashlib.sha256(out.numpy().tobytes())
    for t in torch.bfloat16, torch.float16:
        h.update(out.to(t).view(torch.int16).numpy().tobytes())
    normalize[w] = h.hexdigest()


def chunks(dtype):
    for i in range(256):
        f = torch.arange(i << 24, (i + 1) << 24, dtype=torch.int64).to(torch.int32).view(torch.float32)
        bits = f.to(dtype).view(torch.int16)
        bits[torch.isnan(f)] = 0x7fff
        yield hashlib.sha256(bits.numpy().tobytes()).hexdigest()


data = {"torch": torch.__version__, "normalize": normalize,
        "bfloat16": list(chunks(torch.bfloat16)), "float16": list(chunks(torch.float16))}
path = pathlib.Path(__file__).with_suffix(".json.gz")
with open(path, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0) as z:
    z.write(json.dumps(data).encode())
