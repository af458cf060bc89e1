#!/usr/bin/env python3
"""Writes boxes.json.gz beside this file: batches in which NumPy has put boxes of the partners, for CutMix to be held against.

Pixels are those of a copy, y[i, :, t:b, l:r] = x[index[i], :, t:b, l:r], of uint8, float32 with NaNs of any bits, and 16 bits. Normalized
they are y*scale + bias in float32, for a scale and a bias a channel, and that rounded to bfloat16 and to float16. lambda is one minus
the box's share of the pixels, in float64 where one box is for all rows, rounded to float32 where each row has its own.
../../internal/golden/requirements.txt says what it needs.
"""
import base64, gzip, json, pathlib
import ml_dtypes, numpy as np

rng = np.random.default_rng(1813)
ROWS, CHANNELS, HEIGHT, WIDTH = 6, 3, 7, 9
index = [3, 0, 1, 5, 4, 2]  # cycles, and a row that is its own partner
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
scale = np.array([1 / (255 * s) for s in STD]).astype(np.float32)
bias = np.array([-m / s for m, s in zip(MEAN, STD)]).astype(np.float32)

shape = (ROWS, CHANNELS, HEIGHT, WIDTH)
x = rng.integers(0, 256, shape, dtype=np.uint8)
f = rng.integers(0, 1 << 32, shape, dtype=np.uint32)  # float32 by its bits
f[:, :, ::3] |= 0x7F800000  # NaNs and infinities
h = rng.integers(0, 1 << 16, shape, dtype=np.uint16)  # either kind of 16 bits
boxes = [  # left, top, right, bottom
    [2, 1, 8, 6],  # within
    [0, 3, 9, 4],  # a line
    [8, 0, 9, 7],  # the last column
    [0, 0, 9, 7],  # all
    [5, 5, 5, 7],  # nothing
    [0, 0, 1, 1],  # a pixel
]


def b64(a):
    return base64.b64encode(np.ascontiguousarray(a).astype(a.dtype.newbyteorder("<")).tobytes()).decode()


def cut(a, each):
    y = a.copy()
    for i, (l, t, r, b) in enumerate(each):
        y[i, :, t:b, l:r] = a[index[i], :, t:b, l:r]
    return y


def cases():
    """One box for all rows, and one a row."""
    for given in [[b] for b in boxes[:3]] + [boxes]:
        each = given * ROWS if len(given) == 1 else given
        lam = [1 - (r - l) * (b - t) / (HEIGHT * WIDTH) for l, t, r, b in given]
        if len(given) > 1:
            lam = [float(np.float32(v)) for v in lam]
        y = cut(x, each)
        g = y.astype(np.float32) * scale[:, None, None] + bias[:, None, None]
        assert g.dtype == np.float32
        yield {"boxes": given, "lambda": [v.hex() for v in lam], "uint8": b64(y), "float32": b64(cut(f, each)), "uint16": b64(cut(h, each)),
               "normalized": b64(g), "bfloat16": b64(g.astype(ml_dtypes.bfloat16).view(np.uint16)), "float16": b64(g.astype(np.float16).view(np.uint16))}


data = {"versions": {"numpy": np.__version__, "ml_dtypes": ml_dtypes.__version__},
        "rows": ROWS, "channels": CHANNELS, "height": HEIGHT, "width": WIDTH, "index": index, "scale": b64(scale), "bias": b64(bias),
        "uint8": b64(x), "float32": b64(f), "uint16": b64(h), "sets": list(cases())}
path = pathlib.Path(__file__).with_suffix(".json.gz")
with open(path, "wb") as out, gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as z:
    z.write(json.dumps(data).encode())
print(path.name, path.stat().st_size, "bytes,", data["versions"])
