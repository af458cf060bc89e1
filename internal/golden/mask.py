#!/usr/bin/env python3
"""Writes mask.json.gz beside this file: SHA-256 of what NumPy computes where a mask has the byte m, for every m.

uint8: of (m*a + (255-m)*b) / 255, to the nearest integer, over all pairs of bytes; Pillow's Image.composite has to agree. float32: of
l*a + n*b with l = float32(m/255), n = float32(1-m/255) over rows 0, 2 and 4 of golden.json.gz as a and 1, 3 and 5 as b. bfloat16, float16:
of the same in float32, rounded, over all 2**16 bit patterns, b being a*40503 + 12345. m = 255 takes a and m = 0 takes b, bit for bit; any
other NaN is hashed as one. requirements.txt says what it needs.
"""
import base64, gzip, hashlib, json, pathlib
import ml_dtypes
import numpy as np
import PIL
from PIL import Image

here = pathlib.Path(__file__)


def sha(a):
    return hashlib.sha256(a.tobytes()).hexdigest()


def uint8():
    a, b = (v.astype(np.uint8) for v in np.divmod(np.arange(65536), 256))
    images = [Image.fromarray(v.reshape(256, 256)) for v in (a, b)]
    for m in range(256):
        v = m * a.astype(np.int64) + (255 - m) * b.astype(np.int64)
        want = ((2 * v + 255) // 510).astype(np.uint8)
        assert (np.abs(255 * want.astype(np.int64) - v) <= 127).all()  # the nearest, and no ties
        other = Image.composite(*images, Image.new("L", (256, 256), m))
        assert (np.asarray(other).ravel() == want).all(), m
        yield sha(want)


def floats(a, b, dtype, bits, nan):
    """Of a and b, bit patterns of a type of float; nan is what is hashed for each."""
    x, y = a.view(dtype).astype(np.float32), b.view(dtype).astype(np.float32)
    for m in range(256):
        l, n = np.float32(m / 255), np.float32(1 - m / 255)
        assert l == np.float32(m) / np.float32(255) and n == np.float32(255 - m) / np.float32(255)
        with np.errstate(all="ignore"):
            r = (l * x + n * y).astype(dtype)
        want = np.where(np.isnan(r.astype(np.float32)), bits(nan), r.view(bits))
        yield sha({0: b, 255: a}.get(m, want).astype(np.dtype(bits).newbyteorder("<")))


with gzip.open(here.with_name("golden.json.gz")) as z:
    golden = json.load(z)
rows = np.frombuffer(base64.b64decode(golden["x"]), dtype="<u4").astype(np.uint32).reshape(golden["rows"], -1)
a16 = np.arange(65536, dtype=np.uint16)
b16 = (a16.astype(np.uint32) * 40503 + 12345).astype(np.uint16)
data = {
    "versions": {"numpy": np.__version__, "ml_dtypes": ml_dtypes.__version__, "pillow": PIL.__version__},
    "uint8": list(uint8()),
    "float32": list(floats(rows[0::2].ravel(), rows[1::2].ravel(), np.float32, np.uint32, 0x7FFFFFFF)),
    "bfloat16": list(floats(a16, b16, ml_dtypes.bfloat16, np.uint16, 0x7FFF)),
    "float16": list(floats(a16, b16, np.float16, np.uint16, 0x7FFF)),
}
with here.with_suffix(".json.gz").open("wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
    z.write(json.dumps(data).encode())
