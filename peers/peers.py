"""Mixes batches with Python packages when the Go program beside it says so: a line of JSON in, a line out.

Each peer is in the form that its best user would write. See docs/bench.md.
"""

import gc
import json
import os
import platform
import signal
import sys
import time

import cv2
import numkong
import numpy as np
import timm
import torch
from timm.data.mixup import FastCollateMixup, Mixup

WARM_UP = 1e-4  # seconds, as on the other side
SIDES = {3072: 32, 150528: 224}  # what timm takes are images


def versions():
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": f"{torch.__version__}, {torch.backends.cpu.get_cpu_capability()}",
        "opencv": cv2.__version__,
        "numkong": f"{numkong.__version__}, " + " ".join(n for n, has in numkong.get_capabilities().items() if has),
        "timm": timm.__version__,
    } | {n: os.environ[n] for n in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS") if n in os.environ}


class Case:
    """The batch and its peers: functions that mix it once and return the result."""

    def __init__(self, q):
        self.q = q
        self.cold = q["cold"]
        self.shape = q["rows"], q["columns"]
        self.dtype = np.dtype(q["type"])
        self.input = np.fromfile(os.path.join(q["dir"], "input"), self.dtype).reshape(self.shape)
        self.want = np.fromfile(os.path.join(q["dir"], "want"), self.dtype).reshape(self.shape)
        self.other = np.ones(q["evict"], np.uint8)
        torch.set_num_threads(q["threads"])
        cv2.setNumThreads(q["threads"])
        torch._dynamo.reset()

        # What NumPy and PyTorch see is the same memory.
        self.tx = torch.empty(self.shape, dtype=getattr(torch, q["type"]))
        self.td = self.tx if q["place"] == "in" else torch.empty_like(self.tx)
        self.x, self.d = self.tx.numpy(), self.td.numpy()
        self.l, self.m = np.float32(q["lambda"]), np.float32(1 - q["lambda"])
        self.index = q["index"]
        self.perm = np.array(self.index)
        self.tperm = torch.from_numpy(self.perm)

        self.peers = {}
        threaded, single = self.float_peers() if q["type"] == "float32" else self.byte_peers()
        self.peers.update(threaded)
        if q["threads"] == 1:
            self.peers.update(single)

    def torch_rows(self, pair):
        return self.rows(pair, self.tx, self.td)

    def rows(self, pair, x=None, d=None):
        """A mix by what mixes two rows. In place it follows the index, a cycle, so that one row is kept aside, not all."""
        x, d = list(self.x if x is None else x), list(self.d if d is None else d)
        if self.q["place"] == "apart":
            triples = [(d[i], x[i], x[j]) for i, j in enumerate(self.index)]

            def apart():
                for t in triples:
                    pair(*t)
                return self.d

            return apart
        first = x[0].copy() if isinstance(x[0], np.ndarray) else x[0].clone()
        triples, i = [], 0
        while self.index[i] != 0:
            triples.append((x[i], x[i], x[self.index[i]]))
            i = self.index[i]
        triples.append((x[i], x[i], first))

        def in_place():
            first[:] = x[0]
            for t in triples:
                pair(*t)
            return self.x

        return in_place

    def row_peers(self):
        """Those that take two rows of either type."""
        l, m = float(self.l), float(self.m)

        def opencv(dst, a, b):
            cv2.addWeighted(a, l, b, m, 0, dst=dst)

        def nk(dst, a, b):
            numkong.blend(a, b, alpha=l, beta=m, out=dst)

        return {"opencv": self.rows(opencv), "numkong": self.rows(nk)}

    def float_peers(self):
        x, d, tx, td, tperm, l, m = self.x, self.d, self.tx, self.td, self.tperm, self.l, self.m
        fl, fm = float(l), float(m)
        temp = np.empty_like(x)
        ttemp = torch.from_numpy(temp)
        row = np.empty_like(x[0])

        def numpy_rows(dst, a, b):
            np.multiply(b, m, out=row)
            np.multiply(a, l, out=dst)
            np.add(dst, row, out=dst)

        def numpy_batch():
            np.take(x, self.perm, axis=0, out=temp, mode="clip")  # else it is buffered
            np.multiply(temp, m, out=temp)
            np.multiply(x, l, out=d)
            return np.add(d, temp, out=d)

        def preallocated():
            torch.index_select(tx, 0, tperm, out=ttemp)
            torch.mul(tx, fl, out=td)
            return td.add_(ttemp, alpha=fm)

        by_row = self.torch_rows(lambda dst, a, b: torch.mul(a, fl, out=dst).add_(b, alpha=fm))

        tl, tm = torch.tensor(fl), torch.tensor(fm)  # λ changes: as a number it would be compiled anew

        @torch.compile(dynamic=False)
        def fused(d, x, index, l, m):
            d.copy_(l * x + m * x[index])

        def compiled():
            fused(td, tx, tperm, tl, tm)
            return td

        threaded = {"torch preallocated": preallocated, "torch by row": by_row, "torch.compile": compiled}
        single = {"numpy": numpy_batch, "numpy by row": self.rows(numpy_rows)} | self.row_peers()
        if self.q["place"] == "apart":
            threaded["torch"] = lambda: fl * tx + fm * tx[tperm]
        else:
            threaded["torch"] = self.eager_in_place
            timm_mixup = Fixed(Mixup, fl)
            images = tx.view(len(x), 3, SIDES[x.shape[1]], -1)

            def reversal():
                timm_mixup._mix_batch(images)
                return tx

            threaded["timm Mixup, reversal"] = reversal
        return threaded, single

    def eager_in_place(self):
        partners = self.tx[self.tperm].mul_(float(self.m))
        return self.tx.mul_(float(self.l)).add_(partners)

    def byte_peers(self):
        x, tx, td, tperm, l, m = self.x, self.tx, self.td, self.tperm, self.l, self.m
        fl, fm = float(l), float(m)
        f, g = np.empty(x.shape[1], np.float32), np.empty(x.shape[1], np.float32)

        def numpy_rows(dst, a, b):
            np.multiply(a, l, out=f)
            np.multiply(b, m, out=g)
            np.add(f, g, out=f)
            np.rint(f, out=f)
            np.copyto(dst, f, casting="unsafe")

        temp = torch.empty_like(tx)
        tf, tg = torch.empty(tx.shape), torch.empty(tx.shape)

        def preallocated():
            torch.index_select(tx, 0, tperm, out=temp)
            torch.mul(tx, fl, out=tf)
            torch.mul(temp, fm, out=tg)
            return td.copy_(tf.add_(tg).round_())

        rf, rg = torch.empty(x.shape[1]), torch.empty(x.shape[1])

        def torch_row(dst, a, b):
            torch.mul(a, fl, out=rf)
            torch.mul(b, fm, out=rg)
            dst.copy_(rf.add_(rg).round_())

        by_row = self.torch_rows(torch_row)

        tl, tm = torch.tensor(fl), torch.tensor(fm)

        @torch.compile(dynamic=False)
        def fused(d, x, index, l, m):
            d.copy_((l * x + m * x[index]).round())

        def compiled():
            fused(td, tx, tperm, tl, tm)
            return td

        threaded = {"torch preallocated": preallocated, "torch by row": by_row, "torch.compile": compiled}
        single = {"numpy by row": self.rows(numpy_rows)} | self.row_peers()
        if self.q["place"] == "apart":
            threaded["torch"] = lambda: (fl * tx + fm * tx[tperm]).round_().to(torch.uint8)
            collate = Fixed(FastCollateMixup, fl)
            samples = [(row, 0) for row in x.reshape(len(x), 3, SIDES[x.shape[1]], -1)]
            single["timm collate, reversal"] = lambda: collate(samples)[0].view(tx.shape)
        else:
            threaded["torch"] = lambda: tx.copy_((fl * tx + fm * tx[tperm]).round_())
        return threaded, single

    def check(self):
        """The share of elements that are not the bits of blend, for each peer; an error where it is more than rounding."""
        found = []
        for name, mix in self.peers.items():
            self.x[:] = self.input
            if self.q["place"] == "apart":
                self.d[:] = 0
            got, want = np.asarray(mix()), self.want
            if "reversal" in name:  # timm knows no other partners
                want = self.l * self.input + self.m * self.input[::-1]
                want = want if self.dtype == np.float32 else np.rint(want).astype(np.uint8)
            gap = np.abs(got.astype(np.float32) - want.astype(np.float32)).max()
            if not gap <= (1e-4 if self.dtype == np.float32 else 1):
                raise ValueError(f"{name} is no mix: it is off by {gap}")
            found.append({"name": name, "differs": float(np.count_nonzero(got != want)) / want.size})
        self.x[:] = self.input
        self.want = self.input = None
        return found

    def time(self, name, reps):
        mix = self.peers[name]
        if self.cold:
            self.other[::64].sum()
        else:
            start = time.perf_counter()
            while True:
                mix()
                if time.perf_counter() - start >= WARM_UP:
                    break
        start = time.perf_counter()
        for _ in range(reps):
            mix()
        return time.perf_counter() - start


def Fixed(base, lam):
    """timm's, with a λ that is not drawn."""

    class fixed(base):
        def _params_per_batch(self):
            return lam, False

    return fixed(mixup_alpha=1.0, num_classes=10, mode="batch")


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this ends it, too
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    gc.disable()
    case = None
    for line in sys.stdin:
        q = json.loads(line)
        try:
            if q["do"] == "versions":
                answer = versions()
            elif q["do"] == "case":
                case = None
                gc.collect()
                with torch.no_grad():
                    case = Case(q)
                    answer = case.check()
            else:
                with torch.no_grad():
                    answer = case.time(q["name"], q["reps"])
        except Exception as e:  # the other side shows it
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
