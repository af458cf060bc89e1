#!/usr/bin/env python3
"""Writes masks.json.gz beside this file: batches that NumPy has mixed by masks, for Masks to be held against.

Bytes are (m*a + (255-m)*b + 127) // 255 in integers, which is the nearest: there are no ties. Image.composite of Pillow has to agree, image
by image. OpenCV has no such call: blendLinear, with weights m/255 and 1-m/255 in float32, divides by their sum and 1e-5. It differs by one
for some of all 2**24 (m, a, b); for how many is recorded. float32 is l*a + n*b with l = float32(m/255) and n = float32(1-m/255); m = 255 takes a, and m = 0 takes b.
lambda is sum(m) / (255*H*W) in float64. ../../internal/golden/requirements.txt says what it needs.
"""
import base64, gzip, json, pathlib
import cv2, numpy as np, PIL
from PIL import Image

rng = np.random.default_rng(1812)
ROWS, CHANNELS, HEIGHT, WIDTH = 6, 3, 9, 11
index = [3, 0, 1, 5, 4, 2]  # cycles, and a row that is its own partner

x = rng.integers(0, 256, (ROWS, CHANNELS, HEIGHT, WIDTH), dtype=np.uint8)
f = rng.standard_normal(x.shape).astype(np.float32)
yy, xx = np.mgrid[0:HEIGHT, 0:WIDTH]
masks = np.stack([
    np.where((xx // 3 + yy // 3) % 2 == 0, 255, 0),                                              # a grid
    np.clip(300 - 60 * np.maximum(abs(xx - 6), abs(yy - 3)), 0, 255),                            # a smooth square
    rng.integers(0, 256, xx.shape),                                                              # anything
    np.full(xx.shape, 255), np.full(xx.shape, 0), np.full(xx.shape, 127),
]).astype(np.uint8)


def b64(a):
    return base64.b64encode(np.ascontiguousarray(a).astype(a.dtype.newbyteorder("<")).tobytes()).decode()


def images(a):
    return [Image.fromarray(v.transpose(1, 2, 0)) for v in a]


def mixed(m):
    """The batch by a mask a row, in bytes and in float32."""
    w, y = m[:, None].astype(np.int64), x[index]
    want = ((w * x + (255 - w) * y + 127) // 255).astype(np.uint8)
    for own, partner, mask, row in zip(images(x), images(y), m, want):
        assert (np.asarray(Image.composite(own, partner, Image.fromarray(mask))) == row.transpose(1, 2, 0)).all()
    l, n = ((m[:, None] / 255).astype(np.float32), (1 - m[:, None] / 255).astype(np.float32))
    g = f[index]
    floats = np.where(w == 255, f, np.where(w == 0, g, l * f + n * g))
    assert floats.dtype == np.float32
    lam = [float(v.astype(np.int64).sum() / (255 * HEIGHT * WIDTH)).hex() for v in m]
    return {"masks": b64(m), "lambda": lam, "uint8": b64(want), "float32": b64(floats)}


def opencv():
    """For how many (m, a, b) blendLinear differs."""
    a, b = (v.astype(np.uint8) for v in np.mgrid[0:256, 0:256])
    n = 0
    for m in range(256):
        l = np.full(a.shape, m / 255, np.float32)
        r = cv2.blendLinear(a, b, l, np.float32(1) - l).astype(int)
        d = abs(r - (m * a.astype(int) + (255 - m) * b.astype(int) + 127) // 255)
        assert d.max() <= 1
        n += int(d.sum())
    return n



sets = [mixed(masks)] + [mixed(np.broadcast_to(m, masks.shape)) for m in masks[:3]]
for s in sets[1:]:
    s["masks"], s["lambda"] = b64(np.frombuffer(base64.b64decode(s["masks"]), np.uint8)[: HEIGHT * WIDTH]), s["lambda"][:1]
data = {"versions": {"numpy": np.__version__, "pillow": PIL.__version__, "opencv": cv2.__version__},
        "rows": ROWS, "channels": CHANNELS, "height": HEIGHT, "width": WIDTH, "index": index, "opencv": opencv(),
        "uint8": b64(x), "float32": b64(f), "sets": sets}
path = pathlib.Path(__file__).with_suffix(".json.gz")
with open(path, "wb") as out, gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as z:
    z.write(json.dumps(data).encode())
print(path.name, path.stat().st_size, "bytes,", data["versions"], "OpenCV differs for", data["opencv"], "of", 1 << 24)
