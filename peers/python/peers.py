"""Mixes batches with Python packages, and with compiled C, when the Go program beside it says so: a line of JSON in, a line out.

Each peer is in the form that its best user would write. See docs/bench.md.
"""

import gc
import json
import os
import signal
import sys
import time

os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # others would linger beside what is timed

import numpy as np

import native
import packages
from peer import pages

WARM_UP = 1e-4  # seconds, as on the other side


class Case:
    """The batch and its peers."""

    def __init__(self, q):
        self.q = q
        self.work, self.cold, self.threads = q["work"], q["cold"], q["threads"]
        self.out_of_place = q["place"] == "out"
        self.rows_, self.columns, self.side = q["rows"], q["columns"], q["side"]
        self.dtype = np.dtype(q["type"])
        self.result = np.dtype(np.float32) if self.work == "normalize" else self.dtype
        shape = self.rows_, self.columns
        self.input = np.fromfile(os.path.join(q["dir"], "input"), self.dtype).reshape(shape)
        self.want = np.fromfile(os.path.join(q["dir"], "want"), self.result).reshape(shape)
        self.other = np.ones(q["evict"], np.uint8)
        self.x = pages(shape, self.dtype)
        self.x[:] = self.input  # some take it as it is now
        self.d = pages(shape, self.result, 13 * 64) if self.out_of_place else self.x
        self.l, self.m = np.float32(q["lambda"]), np.float32(1 - q["lambda"])
        self.w15 = round(q["lambda"] * 2**15)  # exact: it is on this grid
        self.w8 = round(q["lambda"] * 256)
        if self.dtype == np.uint8 and self.work in ("", "normalize") and self.w15 % 128 == 0:
            raise ValueError(f"λ = {self.w15} / 2^15 has ties, which peers do not round to even")
        self.index = q["index"]
        self.perm = np.array(self.index)
        if self.work == "normalize":
            self.scale, self.bias = np.array(q["scale"], np.float32), np.array(q["bias"], np.float32)
        if self.work == "cutmix":
            self.box = q["box"]
        if self.work == "masks":
            self.mask = np.array(q["mask"], np.uint8)
        self.peers, self.left_out = {}, {}
        for name, build in (packages.BUILDERS | native.BUILDERS).items():
            try:
                self.peers.update(build(self))
            except Exception as e:  # the table says it
                self.left_out[name] = said(e)

    def rows(self, pair, x=None, d=None):
        """A mix by what mixes two rows. In place it follows the index, a cycle, so that one row is kept aside, not all."""
        x, d = list(self.x if x is None else x), list(self.d if d is None else d)
        if self.out_of_place:
            triples = [(d[i], x[i], x[j]) for i, j in enumerate(self.index)]

            def out_of_place():
                for t in triples:
                    pair(*t)
                return self.d

            return out_of_place
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

    def expected(self, partners):
        """What is made of the batch by those that know no partners but these."""
        if partners is None:
            return self.want
        own, other = self.input, self.input[::-1] if partners == "reversal" else np.roll(self.input, 1, 0)
        if self.work == "cutmix":
            want = own.reshape(-1, 3, self.side, self.side).copy()
            x0, y0, x1, y1 = self.box
            want[..., y0:y1, x0:x1] = other.reshape(want.shape)[..., y0:y1, x0:x1]
            return want.reshape(own.shape)
        want = self.l * own + self.m * other
        return want if self.dtype == np.float32 else np.rint(want).astype(np.uint8)

    def allowed(self):
        """How much results may be off by: a unit, or what a level of 255 is normalized to."""
        if self.work == "normalize":
            return np.repeat(1.0001 * self.scale, self.columns // 3)
        return 1e-4 if self.dtype == np.float32 else 1

    def check(self):
        """The share of elements that are not the bits of blend, for each peer; an error where it is more than rounding."""
        found = []
        for name, peer in list(self.peers.items()):
            self.x[:] = self.input
            if self.out_of_place:
                self.d[:] = 0
            try:
                got = np.asarray(peer.mix()).reshape(self.want.shape)
            except Exception as e:
                self.left_out[name] = said(e)
                del self.peers[name]
                continue
            want = self.expected(peer.partners)
            if not (np.abs(got.astype(np.float32) - want.astype(np.float32)) <= self.allowed()).all():
                raise ValueError(f"{name} is no mix: it is off by {np.abs(got.astype(np.float32) - want.astype(np.float32)).max()}")
            found.append({"name": name, "differs": float(np.count_nonzero(got != want)) / want.size, "aside": peer.aside})
        self.x[:] = self.input
        self.want = self.input = None
        return {"peers": found, "left_out": self.left_out}

    def time(self, name, reps):
        peer = self.peers[name]
        if self.cold:
            self.other[::64].sum()
        else:
            start = time.perf_counter()
            while True:
                peer.repeat(1)
                if time.perf_counter() - start >= WARM_UP:
                    break
        busy = time.process_time()
        start = time.perf_counter()
        peer.repeat(reps)
        seconds = time.perf_counter() - start
        busy = time.process_time() - busy
        if self.threads == 1 and seconds > 5e-3:  # what others have begun may end meanwhile, now and then
            peer.timed += 1
            peer.crowded += busy > 1.5 * seconds
            if peer.timed >= 5 and peer.crowded > peer.timed / 2:
                raise ValueError(f"{name} uses {busy / seconds:.1f} threads, not one")
        return seconds


def said(e):
    """What went wrong, in a line."""
    return f"{type(e).__name__}: {e}".strip().splitlines()[0][:200]


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
                answer = packages.versions() | native.versions()
            elif q["do"] == "case":
                case = None
                gc.collect()
                with packages.no_grad():
                    case = Case(q)
                    answer = case.check()
            else:
                with packages.no_grad():
                    answer = case.time(q["name"], q["reps"])
        except Exception as e:  # the other side shows it
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
