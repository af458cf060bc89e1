#!/usr/bin/env python3
"""Writes golden.json.gz beside this file: what timm, mixup-cifar10 and SciPy compute, for package mixup to be held against.

Usage: golden.py PATH, where PATH is train.py of https://github.com/facebookresearch/mixup-cifar10, from which mixup_data and
mixup_criterion are taken. The rest is in requirements.txt.

timm runs as it is. Its λ are rounded to the grid of 2**-15 as they leave numpy.random.beta, and what it draws is recorded.
"""
import ast, base64, gzip, hashlib, json, pathlib, sys
import numpy as np, scipy, scipy.stats, timm, torch
import timm.data.mixup as tm

ONE = 32768
rng = np.random.default_rng(20265)


def b64(a):
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()


def f32(a):
    return b64(np.asarray(a, dtype="<f4"))


class Recorded:
    """timm's random functions, which leave what they gave in self.log."""

    def __enter__(self):
        self.log = {"lambda": [], "cut": [], "centres": [], "boxes": [], "corrected": []}
        self.saved = [(o, k, getattr(o, k)) for o, k in (
            (np.random, "beta"), (np.random, "randint"), (tm, "cutmix_bbox_and_lam"),
            (tm.Mixup, "_params_per_elem"), (tm.Mixup, "_params_per_batch"))]
        beta, randint, bbox, elem, batch = (v for _, _, v in self.saved)
        log = self.log

        def new_beta(*a, **k):
            return np.rint(beta(*a, **k) * ONE) / ONE

        def new_randint(*a, **k):
            log["centres"].append(int(randint(*a, **k)))
            return log["centres"][-1]

        def new_bbox(*a, **k):
            box, lam = bbox(*a, **k)
            log["boxes"].append([int(v) for v in box])
            log["corrected"].append(float(lam).hex())
            return box, lam

        def params(f):
            def g(*a):
                lam, cut = f(*a)
                log["lambda"] = [int(v * ONE) for v in np.atleast_1d(lam)]
                log["cut"] = [bool(v) for v in np.atleast_1d(cut)]
                return lam, cut
            return g

        for (o, k, _), v in zip(self.saved, (new_beta, new_randint, new_bbox, params(elem), params(batch))):
            setattr(o, k, v)
        return self

    def __exit__(self, *_):
        for o, k, v in self.saved:
            setattr(o, k, v)


ROWS, SHAPE = 8, (3, 9, 5)
UINT8 = rng.integers(0, 256, (ROWS, *SHAPE), dtype=np.uint8)
FLOAT32 = rng.standard_normal((ROWS, *SHAPE)).astype(np.float32)


def batches():
    """Whole batches through FastCollateMixup (uint8) and Mixup (float32)."""
    np.random.seed(1)
    classes = 10
    for mode in ("batch", "pair", "elem"):
        for name, kw in (
            ("mixup", dict(mixup_alpha=0.8)),
            ("mixup prob 0.6", dict(mixup_alpha=0.8, prob=0.6)),
            ("cutmix", dict(mixup_alpha=0.0, cutmix_alpha=1.0)),
            ("cutmix prob 0.6", dict(mixup_alpha=0.0, cutmix_alpha=1.0, prob=0.6)),
            ("both", dict(mixup_alpha=0.8, cutmix_alpha=1.0)),
            ("both switch_prob 0.8, prob 0.7", dict(mixup_alpha=0.8, cutmix_alpha=1.0, switch_prob=0.8, prob=0.7)),
        ):
            for smoothing in (0.0, 0.1):
                for _ in range(3 if mode == "batch" else 1):
                    y = rng.integers(0, classes, ROWS)
                    y[5] = y[2]  # a row and its partner of one class
                    args = dict(mode=mode, label_smoothing=smoothing, num_classes=classes, **kw)
                    case = {"name": f"{mode}, {name}, smoothing {smoothing}", "mode": mode, "smoothing": smoothing, "classes": classes,
                            "class": y.tolist()}
                    with Recorded() as r:
                        out, target = tm.FastCollateMixup(**args)([(v.copy(), int(c)) for v, c in zip(UINT8, y)])
                    assert out.dtype == torch.uint8 and target.dtype == torch.float32
                    yield {**case, **r.log, "type": "uint8", "want": b64(out.numpy()), "labels": f32(target.numpy())}
                    with Recorded() as r:
                        out, target = tm.Mixup(**args)(torch.from_numpy(FLOAT32.copy()), torch.from_numpy(y))
                    assert out.dtype == torch.float32 and target.dtype == torch.float32
                    yield {**case, **r.log, "type": "float32", "want": f32(out.numpy()), "labels": f32(target.numpy())}
                    if smoothing == 0:
                        y = rng.random((ROWS, classes)).astype(np.float32) * rng.integers(0, 2, (ROWS, classes)).astype(np.float32)
                        with Recorded() as r:
                            out, target = tm.Mixup(multi_label=True, **args)(torch.from_numpy(FLOAT32.copy()), torch.from_numpy(y))
                        yield {**case, **r.log, "type": "float32", "class": [], "soft": f32(y),
                               "want": f32(out.numpy()), "labels": f32(target.numpy())}


def boxes():
    """cutmix_bbox_and_lam over many λ, a Python float each. The hash is of (yl, yh, xl, xh, λ's bits), 64 bits each."""
    for h, w in ((2, 9), (3, 500), (32, 32), (224, 224), (299, 331), (71, 1023)):
        spots, all_of = [], hashlib.sha256()
        for k in range(0, ONE + 1, 3):
            centre = [k * 7919 % h, k * 104729 % w]
            draws = iter(centre)
            randint, np.random.randint = np.random.randint, lambda *a, **kw: next(draws)
            box, lam = tm.cutmix_bbox_and_lam((3, h, w), k / ONE)
            np.random.randint = randint
            box = [int(v) for v in box]
            all_of.update(np.array(box, dtype="<i8").tobytes() + np.array(lam, dtype="<f8").tobytes())
            if k % 2001 == 0:
                spots.append({"k": k, "cy": centre[0], "cx": centre[1], "box": box, "lambda": float(lam).hex()})
        yield {"height": h, "width": w, "step": 3, "sha256": all_of.hexdigest(), "spots": spots}


def cifar(path):
    """mixup_data and mixup_criterion, with numpy.random.beta giving a chosen λ."""
    defs = [n for n in ast.parse(pathlib.Path(path).read_text()).body
            if isinstance(n, ast.FunctionDef) and n.name in ("mixup_data", "mixup_criterion")]
    scope = {"np": np, "torch": torch}
    exec(compile(ast.Module(defs, []), path, "exec"), scope)
    torch.manual_seed(1)
    randperm, beta = torch.randperm, np.random.beta
    for lam in [0.0, 1.0, 0.5, 0.3, 1 / 3, 1e-9, 9830 / ONE] + [float(v) for v in rng.random(5)]:
        index = []

        def new_randperm(n):
            p = randperm(n)
            index.append(p.tolist())
            return p

        torch.randperm, np.random.beta = new_randperm, lambda *_: lam
        x, y = torch.from_numpy(rng.standard_normal((7, 2, 5, 4)).astype(np.float32)), torch.arange(7) * 3
        mixed, y_a, y_b, got = scope["mixup_data"](x, y, 1.0, False)
        torch.randperm, np.random.beta = randperm, beta
        losses = torch.from_numpy(rng.standard_normal((7, 2)).astype(np.float32))
        loss = [scope["mixup_criterion"](lambda _, t: t, None, a, b, got) for a, b in losses]
        double = [scope["mixup_criterion"](lambda _, t: t, None, a, b, got) for a, b in losses.double()]
        yield {"lambda": lam.hex(), "index": index[0], "x": f32(x.numpy()), "want": f32(mixed.numpy()),
               "y_a": y_a.tolist(), "y_b": y_b.tolist(),
               "losses": f32(losses.numpy()), "loss": f32(torch.stack(loss).numpy()),
               "double": [float(v).hex() for v in double]}


def betas():
    """P(λ ≤ k/2**15) for λ rounded to the grid, by SciPy."""
    ks = {int(v) for v in np.rint(np.geomspace(1, ONE / 2, 30))} | set(range(0, ONE // 2, 1024)) | {ONE // 2}
    ks |= {ONE // 2 - int(v) for v in np.geomspace(8, ONE / 4, 24)}
    ks = sorted(ks | {ONE - 1 - k for k in ks} - {ONE})
    for alpha in (1e-3, 0.01, 0.05, 0.2, 0.4, 0.8, 1, 1.5, 2, 5, 32, 100, 1000):
        d = scipy.stats.beta(alpha, alpha)
        yield {"alpha": alpha, "mean": d.mean(), "var": d.var(), "kurtosis": float(d.stats("k")),
               "k": ks, "cdf": d.cdf((np.array(ks) + 0.5) / ONE).tolist()}


def main():
    golden = {
        "versions": {m.__name__: m.__version__ for m in (timm, torch, np, scipy)},
        "rows": ROWS, "height": SHAPE[1], "width": SHAPE[2], "uint8": b64(UINT8), "float32": f32(FLOAT32),
        "batches": list(batches()), "boxes": list(boxes()), "cifar": list(cifar(sys.argv[1])), "betas": list(betas()),
    }
    out = pathlib.Path(__file__).with_name("golden.json.gz")
    with out.open("wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
        z.write(json.dumps(golden, indent=0).encode())
    print(out.name, out.stat().st_size, "bytes,", golden["versions"])


main()
