"""Peers that are Python packages. One that is not installed is left out, and versions says so."""

import contextlib
import importlib
import importlib.metadata
import os
import platform

import numpy as np

from peer import Peer


def load(name):
    try:
        return importlib.import_module(name)
    except Exception as e:  # whatever goes wrong there
        missing[name] = f"left out: {type(e).__name__}: {e}".splitlines()[0]
        return None


missing = {}
torch, cv2, numkong, timm, v2 = map(load, ("torch", "cv2", "numkong", "timm.data.mixup", "torchvision.transforms.v2"))
albucore, modes, numba, halide = map(load, ("albucore", "simd_blend_modes", "numba", "halide"))


def load_jax():
    """JAX has a thread for every core that it finds when it begins."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        jax = load("jax")
        if jax:
            jax.config.update("jax_platforms", "cpu")
            jax.devices()
    finally:
        os.sched_setaffinity(0, cores)
    return jax


jax = load_jax()


def versions():
    found = {"python": platform.python_version(), "numpy": np.__version__}
    for name, module in ("torch", torch), ("opencv", cv2), ("numkong", numkong), ("albucore", albucore), ("numba", numba), ("jax", jax):
        if module:
            found[name] = module.__version__
    for name, distribution in ("timm", timm), ("torchvision", v2), ("simd-blend-modes", modes), ("halide", halide):
        if distribution:
            found[name] = importlib.metadata.version(name)
    if torch:
        found["torch"] += f", {torch.backends.cpu.get_cpu_capability()}"
    if numkong:
        found["numkong"] += ", " + " ".join(n for n, has in numkong.get_capabilities().items() if has)
    found |= {n: os.environ[n] for n in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS") if n in os.environ}
    names = {"cv2": "opencv", "timm.data.mixup": "timm", "torchvision.transforms.v2": "torchvision", "simd_blend_modes": "simd-blend-modes"}
    return found | {names.get(n, n): why for n, why in missing.items()}


def no_grad():
    return torch.no_grad() if torch else contextlib.nullcontext()


def plain(mixes):
    return {name: Peer(mix) for name, mix in mixes.items()}


def images(case, array, channels_last=False):
    return array.reshape(len(array), case.side, case.side, 3) if channels_last else array.reshape(len(array), 3, case.side, case.side)


def numpy_peers(case):
    if case.threads > 1:
        return {}
    x, d, l, m = case.x, case.d, case.l, case.m
    if case.work == "cutmix":
        return plain({"numpy by row": case.rows(cut_pair(case, lambda d, a: np.copyto(d, a)), images(case, x), images(case, d))})
    if case.work:
        return {}
    if case.dtype == np.float32:
        row, temp = np.empty_like(x[0]), np.empty_like(x)

        def pair(dst, a, b):
            np.multiply(b, m, out=row)
            np.multiply(a, l, out=dst)
            np.add(dst, row, out=dst)

        def batch():
            np.take(x, case.perm, axis=0, out=temp, mode="clip")  # else it is buffered
            np.multiply(temp, m, out=temp)
            np.multiply(x, l, out=d)
            return np.add(d, temp, out=d)

        return plain({"numpy": batch, "numpy by row": case.rows(pair)})
    f, g = np.empty(x.shape[1], np.float32), np.empty(x.shape[1], np.float32)

    def pair(dst, a, b):
        np.multiply(a, l, out=f)
        np.multiply(b, m, out=g)
        np.add(f, g, out=f)
        np.rint(f, out=f)
        np.copyto(dst, f, casting="unsafe")

    return plain({"numpy by row": case.rows(pair)})


def cut_pair(case, copy):
    x0, y0, x1, y1 = case.box

    def pair(dst, a, b):
        if case.out_of_place:
            copy(dst, a)
        dst[:, y0:y1, x0:x1] = b[:, y0:y1, x0:x1]

    return pair


def torch_peers(case):
    if not torch:
        return {}
    torch.set_num_threads(case.threads)
    torch._dynamo.reset()
    tx, tperm = torch.from_numpy(case.x), torch.from_numpy(case.perm)
    td = torch.from_numpy(case.d) if case.out_of_place else tx  # the same tensor, or compilers take it for other memory
    return {"normalize": torch_normalize, "cutmix": torch_cut, "masks": torch_masks}.get(
        case.work, torch_floats if case.dtype == np.float32 else torch_bytes
    )(case, tx, td, tperm)


def torch_floats(case, tx, td, tperm):
    fl, fm = float(case.l), float(case.m)
    temp = torch.empty_like(tx)

    def preallocated():
        torch.index_select(tx, 0, tperm, out=temp)
        torch.mul(tx, fl, out=td)
        return td.add_(temp, alpha=fm)

    by_row = case.rows(lambda dst, a, b: torch.mul(a, fl, out=dst).add_(b, alpha=fm), tx, td)
    tl, tm = torch.tensor(fl), torch.tensor(fm)  # λ changes: as a number it would be compiled anew

    @torch.compile(dynamic=False)
    def fused(d, x, index, l, m):
        d.copy_(l * x + m * x[index])

    def compiled():
        fused(td, tx, tperm, tl, tm)
        return td

    def in_place():
        partners = tx[tperm].mul_(fm)
        return tx.mul_(fl).add_(partners)

    return plain({
        "torch preallocated": preallocated, "torch by row": by_row, "torch.compile": compiled,
        "torch": (lambda: fl * tx + fm * tx[tperm]) if case.out_of_place else in_place,
    })  # fmt: skip


def torch_bytes(case, tx, td, tperm):
    fl, fm = float(case.l), float(case.m)
    temp, tf, tg = torch.empty_like(tx), torch.empty(tx.shape), torch.empty(tx.shape)

    def preallocated():
        torch.index_select(tx, 0, tperm, out=temp)
        torch.mul(tx, fl, out=tf)
        torch.mul(temp, fm, out=tg)
        return td.copy_(tf.add_(tg).round_())

    rf, rg = torch.empty(case.columns), torch.empty(case.columns)

    def pair(dst, a, b):
        torch.mul(a, fl, out=rf)
        torch.mul(b, fm, out=rg)
        dst.copy_(rf.add_(rg).round_())

    tl, tm = torch.tensor(fl), torch.tensor(fm)

    @torch.compile(dynamic=False)
    def fused(d, x, index, l, m):
        d.copy_((l * x + m * x[index]).round())

    def compiled():
        fused(td, tx, tperm, tl, tm)
        return td

    def eager():
        return (fl * tx + fm * tx[tperm]).round_().to(torch.uint8)

    def in_place():
        return tx.copy_((fl * tx + fm * tx[tperm]).round_())

    return plain({
        "torch preallocated": preallocated, "torch by row": case.rows(pair, tx, td), "torch.compile": compiled,
        "torch": eager if case.out_of_place else in_place,
    })  # fmt: skip


def torch_normalize(case, tx, td, tperm):
    """λ goes into the scales, so that there are two products and two sums, as in a fused loop."""
    x, d = images(case, tx, True).permute(0, 3, 1, 2), images(case, td)
    scale, bias = (torch.from_numpy(a).view(3, 1, 1) for a in (case.scale, case.bias))
    ls, ms = scale * case.l.item(), scale * case.m.item()
    row = torch.empty_like(d[0])

    def pair(dst, a, b):
        torch.mul(a, ls, out=dst)
        torch.mul(b, ms, out=row)
        dst.add_(row).add_(bias)

    @torch.compile(dynamic=False)
    def fused(d, x, index, ls, ms, bias):
        d.copy_(ls * x + ms * x[index] + bias)

    def compiled():
        fused(d, x, tperm, ls, ms, bias)
        return d

    l, m = case.l.item(), case.m.item()

    def eager():  # as loaders have it: mixed, scaled, normalized
        return ((l * x + m * x[tperm]) * scale + bias).contiguous()

    return plain({"torch by row": case.rows(pair, x, d), "torch.compile": compiled, "torch": eager})


def torch_cut(case, tx, td, tperm):
    x, d = images(case, tx), images(case, td)
    x0, y0, x1, y1 = case.box

    def eager():
        d.copy_(x) if case.out_of_place else None
        d[:, :, y0:y1, x0:x1] = x[tperm][:, :, y0:y1, x0:x1]
        return d

    return plain({"torch": eager, "torch by row": case.rows(cut_pair(case, lambda d, a: d.copy_(a)), x, d)})


def torch_masks(case, tx, td, tperm):
    x, d = images(case, tx), images(case, td)
    mask = torch.from_numpy(case.mask).view(case.side, case.side) / 255

    def openmixup():
        return d.copy_((x * mask + x[tperm] * (1 - mask)).round_())

    @torch.compile(dynamic=False)
    def fused(d, x, index, mask):
        d.copy_((x * mask + x[index] * (1 - mask)).round())

    def compiled():
        fused(d, x if case.out_of_place else d, tperm, mask)
        return d

    return plain({"torch, OpenMixup's formula": openmixup, "torch.compile": compiled})


def opencv_peers(case):
    if not cv2 or case.threads > 1 or case.work not in ("", "masks"):
        return {}
    cv2.setNumThreads(1)
    l, m = float(case.l), float(case.m)
    if case.work == "":
        return plain({"opencv": case.rows(lambda dst, a, b: cv2.addWeighted(a, l, b, m, 0, dst=dst))})
    own = (case.mask.reshape(case.side, case.side) / 255).astype(np.float32)
    own = np.concatenate([own] * 3)  # planes below one another
    other = 1 - own
    shape = len(case.x), 3 * case.side, case.side
    return plain({"opencv": case.rows(lambda dst, a, b: cv2.blendLinear(a, b, own, other, dst=dst), case.x.reshape(shape), case.d.reshape(shape))})


def numkong_peers(case):
    if not numkong or case.threads > 1 or case.work:
        return {}
    l, m = float(case.l), float(case.m)
    return plain({"numkong wheel": case.rows(lambda dst, a, b: numkong.blend(a, b, alpha=l, beta=m, out=dst))})


def result_peers(case):
    """Those that return a result a row, in memory of its own."""
    if case.threads > 1 or case.work or not case.out_of_place:
        return {}
    x = list(images(case, case.x, True))
    pairs = [(x[i], x[j]) for i, j in enumerate(case.index)]
    l, m = float(case.l), float(case.m)
    peers = {}
    if albucore:
        peers["albucore"] = lambda: [albucore.add_weighted(a, l, b, m) for a, b in pairs]
    if modes:
        peers["simd-blend-modes"] = lambda: [modes.normal(b, a, l) for a, b in pairs]
    return plain(peers)


def fixed(base, case, **options):
    """timm's, with a λ and a box that are not drawn."""

    class Fixed(base):
        def _params_per_batch(self):
            return float(case.l), case.work == "cutmix"

    return Fixed(mixup_alpha=1.0, num_classes=10, mode="batch", **options)


def timm_peers(case):
    if not timm or not torch:
        return {}
    tx = torch.from_numpy(case.x)
    if case.work == "cutmix":
        x0, y0, x1, y1 = case.box
        timm.rand_bbox = lambda *_, **__: (y0, y1, x0, x1)
    peers = {}
    if case.work in ("", "cutmix") and not case.out_of_place and (case.dtype == np.float32 or case.work):
        mixup, batch = fixed(timm.Mixup, case), images(case, tx)

        def in_place():
            mixup._mix_batch(batch)
            return tx

        peers["timm Mixup, reversal"] = Peer(in_place, partners="reversal")
    if case.work in ("", "cutmix") and case.out_of_place and case.dtype == np.uint8 and case.threads == 1:
        collate = fixed(timm.FastCollateMixup, case)
        samples = [(row, 0) for row in images(case, case.x)]
        peers["timm collate, reversal"] = Peer(lambda: collate(samples)[0], partners="reversal")
    return peers


def torchvision_peers(case):
    if not v2 or not case.out_of_place or case.work not in ("", "cutmix") or case.work == "" and case.dtype == np.uint8:
        return {}
    batch, labels = images(case, torch.from_numpy(case.x)), torch.zeros(len(case.x), dtype=torch.int64)
    base = v2.CutMix if case.work else v2.MixUp

    class Fixed(base):
        def make_params(self, flat_inputs):
            return dict(box=case.box, lam_adjusted=0.5) if case.work else dict(lam=float(case.l))

    mix = Fixed(num_classes=10)
    return {f"torchvision {base.__name__}, roll": Peer(lambda: mix(batch, labels)[0], partners="roll")}


def jax_peers(case):
    if not jax or case.threads > 1 or case.work not in ("", "normalize"):
        return {}
    jnp = jax.numpy
    x, index, l, m = jnp.array(case.x), jnp.array(case.perm), jnp.float32(case.l), jnp.float32(case.m)
    if case.work == "normalize":
        scale, bias = jnp.array(case.scale), jnp.array(case.bias)

        def formula(x, index, l, m):
            pixels = images(case, x, True)
            return ((l * scale) * pixels + (m * scale) * pixels[index] + bias).transpose(0, 3, 1, 2)

    elif case.dtype == np.float32:

        def formula(x, index, l, m):
            return l * x + m * x[index]

    else:

        def formula(x, index, l, m):
            return jnp.rint(l * x + m * x[index]).astype(jnp.uint8)

    if case.out_of_place:
        f = jax.jit(formula)
        return {"jax": Peer(lambda: f(x, index, l, m).block_until_ready())}
    f = jax.jit(formula, donate_argnums=0)
    batch = [x]

    def in_place():  # what is handed over is gone
        batch[0] = f(batch[0], index, l, m).block_until_ready()
        return batch[0]

    return {"jax, donated": Peer(in_place)}


def halide_peers(case):
    """Pipelines of one stage, in vectors: results in memory other than the input's, so out of place."""
    if not halide or not case.out_of_place or case.work not in ("", "normalize") or case.threads > 1 and case.work:
        return {}
    hl = halide
    integer = case.dtype == np.uint8
    inp, index = hl.ImageParam(hl.UInt(8) if integer else hl.Float(32), 2), hl.ImageParam(hl.Int(32), 1)
    column, row, plane = hl.Var("column"), hl.Var("row"), hl.Var("plane")
    partner = hl.unsafe_promise_clamped(index[row], 0, len(case.x) - 1)
    l, m = hl.Param(hl.Float(32), float(case.l)), hl.Param(hl.Float(32), float(case.m))
    f = hl.Func("mix")
    if case.work == "normalize":
        scale, bias = hl.Buffer(case.scale), hl.Buffer(case.bias)
        pixel = 3 * column + plane
        f[column, plane, row] = (l * scale[plane]) * inp[pixel, row] + (m * scale[plane]) * inp[pixel, partner] + bias[plane]
        f.reorder(plane, column, row).bound(plane, 0, 3).unroll(plane).vectorize(column, 16)
        result = case.d.reshape(len(case.d), 3, -1)
    else:
        result = case.d
        if integer:
            w = hl.Param(hl.Int(16), case.w15)
            a, b = hl.i16(inp[column, row]), hl.i16(inp[column, partner])
            f[column, row] = hl.u8(b + hl.rounding_mul_shift_right(a - b, w, hl.u16(15)))
        else:
            f[column, row] = l * inp[column, row] + m * inp[column, partner]
        f.vectorize(column, 64 if integer else 32)
    if case.threads > 1:
        f.parallel(row)
    buffers = hl.Buffer(case.x), hl.Buffer(case.perm.astype(np.int32)), hl.Buffer(result)
    inp.set(buffers[0])
    index.set(buffers[1])
    f.compile_jit(hl.get_host_target())

    def mix():
        f.realize(buffers[2])
        return case.d

    return {"halide": Peer(mix)}


compiled = {}  # by numba, once for all cases


def numba_functions():
    """Fused loops over rows, out of place and in place. There the index is followed, and first is a row kept aside."""
    if compiled:
        return compiled
    jit = numba.njit(nogil=True)

    def rows(pair, same):
        """Does a task reps times."""

        @jit
        def out_of_place(reps, d, x, index, first, p):
            for _ in range(reps):
                for i in range(len(index)):
                    pair(d[i], x[i], x[index[i]], p)

        @jit
        def in_place(reps, d, x, index, first, p):
            for _ in range(reps):
                first[:] = x[0]
                i = 0
                while index[i]:
                    same(x[i], x[index[i]], p)
                    i = index[i]
                same(x[i], first, p)

        return out_of_place, in_place

    @jit
    def floats(d, a, b, p):
        l, m = p
        for i in range(len(d)):
            d[i] = l * a[i] + m * b[i]

    @jit
    def floats_same(d, b, p):
        l, m = p
        for i in range(len(d)):
            d[i] = l * d[i] + m * b[i]

    @jit
    def eight(d, a, b, p):
        w = np.uint32(p)
        for i in range(len(d)):
            d[i] = np.uint8((np.uint32(a[i]) * w + np.uint32(b[i]) * np.uint32(256 - w) + np.uint32(128)) >> np.uint32(8))

    @jit
    def eight_same(d, b, p):
        w = np.uint32(p)
        for i in range(len(d)):
            d[i] = np.uint8((np.uint32(d[i]) * w + np.uint32(b[i]) * np.uint32(256 - w) + np.uint32(128)) >> np.uint32(8))

    @jit
    def exact(d, a, b, p):
        w = np.int32(p)
        for i in range(len(d)):
            d[i] = np.uint8(np.int32(b[i]) + (((np.int32(a[i]) - np.int32(b[i])) * w + np.int32(1 << 14)) >> np.int32(15)))

    @jit
    def exact_same(d, b, p):
        w = np.int32(p)
        for i in range(len(d)):
            d[i] = np.uint8(np.int32(b[i]) + (((np.int32(d[i]) - np.int32(b[i])) * w + np.int32(1 << 14)) >> np.int32(15)))

    @jit
    def planes(d, a, b, p):
        l, m, scale, bias = p
        n = len(d) // 3
        for c in range(3):
            ls, ms, bc = l * scale[c], m * scale[c], bias[c]
            plane = d[c * n : (c + 1) * n]
            for i in range(n):
                plane[i] = ls * np.float32(a[3 * i + c]) + ms * np.float32(b[3 * i + c]) + bc

    @jit
    def cut_same(d, b, p):
        side, x0, y0, x1, y1 = p
        for c in range(3):
            for y in range(y0, y1):
                at = (c * side + y) * side
                d[at + x0 : at + x1] = b[at + x0 : at + x1]

    @jit
    def cut(d, a, b, p):
        d[:] = a
        cut_same(d, b, p)

    @jit
    def masks_same(d, b, mask):
        n = len(mask)
        for c in range(3):
            e, f = d[c * n : (c + 1) * n], b[c * n : (c + 1) * n]
            for i in range(n):
                v = np.uint32(mask[i]) * np.uint32(e[i]) + np.uint32(255 - mask[i]) * np.uint32(f[i]) + np.uint32(128)
                e[i] = np.uint8((v + (v >> np.uint32(8))) >> np.uint32(8))

    @jit
    def masks(d, a, b, mask):
        n = len(mask)
        for c in range(3):
            o, e, f = d[c * n : (c + 1) * n], a[c * n : (c + 1) * n], b[c * n : (c + 1) * n]
            for i in range(n):
                v = np.uint32(mask[i]) * np.uint32(e[i]) + np.uint32(255 - mask[i]) * np.uint32(f[i]) + np.uint32(128)
                o[i] = np.uint8((v + (v >> np.uint32(8))) >> np.uint32(8))

    def threaded(pair):
        @numba.njit(parallel=True)
        def out_of_place(reps, d, x, index, first, p):
            for _ in range(reps):
                for i in numba.prange(len(index)):
                    pair(d[i], x[i], x[index[i]], p)

        return out_of_place

    compiled.update({
        "float32": rows(floats, floats_same), "eight": rows(eight, eight_same), "exact": rows(exact, exact_same),
        "normalize": rows(planes, cut_same), "cutmix": rows(cut, cut_same), "masks": rows(masks, masks_same),
        "float32, threads": threaded(floats), "eight, threads": threaded(eight),
    })  # fmt: skip
    return compiled


def numba_peers(case):
    if not numba or case.threads > 1 and not case.out_of_place:
        return {}
    functions = numba_functions()
    first, index = np.empty(case.columns, case.dtype), case.perm.astype(np.int64)

    def peer(name, p):
        if case.threads > 1:
            f = functions[name + ", threads"]
            numba.set_num_threads(case.threads)
        else:
            f = functions[name][0 if case.out_of_place else 1]

        def repeat(reps):
            f(reps, case.d, case.x, index, first, p)

        def mix():
            repeat(1)
            return case.d

        return Peer(mix, repeat)

    if case.work == "normalize":
        return {"numba": peer("normalize", (case.l, case.m, case.scale, case.bias))}
    if case.work == "cutmix":
        return {"numba": peer("cutmix", (case.side, *case.box))}
    if case.work == "masks":
        return {"numba": peer("masks", case.mask)}
    if case.dtype == np.float32:
        return {"numba": peer("float32", (case.l, case.m))}
    peers = {"numba, 8-bit weights": peer("eight", case.w8)}
    if case.threads == 1:
        peers["numba, exact"] = peer("exact", case.w15)
    return peers


BUILDERS = {
    "torch": torch_peers, "timm": timm_peers, "torchvision": torchvision_peers, "numpy": numpy_peers, "opencv": opencv_peers,
    "numkong wheel": numkong_peers, "albucore, simd-blend-modes": result_peers, "jax": jax_peers, "halide": halide_peers, "numba": numba_peers,
}  # fmt: skip
