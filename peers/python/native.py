"""Peers in C: loops.c by each compiler there is; NumKong's headers, from the source distribution of the wheel in use; and Simd Library,
which no package registry has, where SIMD_LIBRARY names a libSimd.so.
"""

import ctypes
import glob
import os
import platform
import shutil
import subprocess
import sys
import tarfile

import numpy as np

from peer import Peer, lines

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = ["-O3", "-march=native", "-shared", "-fPIC", "-w"]
LIBRARIES = {}  # by the name of their compiler, or "numkong"


class Task(ctypes.Structure):  # as in loops.c
    _fields_ = [
        ("index", ctypes.c_void_p), ("rows", ctypes.c_size_t), ("columns", ctypes.c_size_t), ("l", ctypes.c_float), ("m", ctypes.c_float),
        ("w15", ctypes.c_int16), ("w8", ctypes.c_uint16), ("scale", ctypes.c_void_p), ("bias", ctypes.c_void_p), ("side", ctypes.c_size_t),
        ("x0", ctypes.c_size_t), ("y0", ctypes.c_size_t), ("x1", ctypes.c_size_t), ("y1", ctypes.c_size_t), ("mask", ctypes.c_void_p),
        ("first", ctypes.c_void_p), ("kernel", ctypes.c_void_p),
    ]  # fmt: skip


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=HERE, timeout=300).stdout


def clang():
    """The newest clang, which Debian calls by its version."""
    names = [shutil.which("clang")] + sorted(glob.glob("/usr/bin/clang-[0-9][0-9]"), reverse=True)
    return next((n for n in names if n), None)


def versions():
    """Builds all libraries, and says which there are, and why others are not."""
    said = {}
    for name, compiler in ("gcc", shutil.which("gcc")), ("clang", clang()):
        said[name] = build(name, compiler, "loops.c")
    try:
        include = numkong_headers()
    except Exception as e:
        said["numkong header"] = f"left out: {e}"
    else:
        compiler = clang() or shutil.which("gcc")  # either is faster with one type than with the other, by less than a tenth
        said["numkong header"] = build("numkong", compiler, "numkong.c", "-I", include, "-DNK_NATIVE_F16=0", "-DNK_NATIVE_BF16=0")
    try:
        LIBRARIES["Simd Library"] = ctypes.CDLL(os.environ["SIMD_LIBRARY"])
        said["Simd Library"] = "as SIMD_LIBRARY names it"
    except KeyError:
        said["Simd Library"] = "left out: SIMD_LIBRARY names no libSimd.so"
    except OSError as e:
        said["Simd Library"] = f"left out: {e}"
    return said


def build(name, compiler, source, *flags):
    if compiler is None:
        return "left out: not installed"
    library = os.path.join(HERE, f"{name}.so")
    try:
        run(compiler, *FLAGS, *flags, "-o", library, os.path.join(HERE, source))
        LIBRARIES[name] = ctypes.CDLL(library)
        return run(compiler, "--version").splitlines()[0] + ", " + " ".join(FLAGS[:2])
    except subprocess.CalledProcessError as e:
        return "left out: " + (e.stdout.strip().splitlines() or [str(e)])[-1]
    except Exception as e:
        return f"left out: {e}"


def numkong_headers():
    """Where the headers are, which the wheel does not have."""
    import numkong

    download = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "numkong", "-d", HERE, f"numkong=={numkong.__version__}"]
    try:
        run(*download, "--no-build-isolation")  # which takes a third of the time, where setuptools is there
    except subprocess.CalledProcessError:
        run(*download)
    with tarfile.open(glob.glob(os.path.join(HERE, "numkong-*.tar.gz"))[0]) as t:
        t.extractall(HERE, filter="data")
    return glob.glob(os.path.join(HERE, "numkong-*", "include"))[0]


def peer(case, function, *more, task=None, aside=False):
    """A function of a library. It is told how often: no call of Python's comes between."""
    task = task or case.task
    function.restype = None
    function.argtypes = [ctypes.c_void_p] * (3 + len(more)) + [ctypes.c_size_t]
    arguments = case.d.ctypes.data, case.x.ctypes.data, ctypes.addressof(task), *more

    def repeat(reps):
        function(*arguments, reps)

    def mix():
        repeat(1)
        return case.d

    made = Peer(mix, repeat, aside=aside)
    made.task = task  # which lives as long
    return made


def describe(case):
    """The task, as the libraries take it, which lives as long as the case."""
    if hasattr(case, "task"):
        return
    case.arrays = a = {"index": case.perm.astype(np.int64), "first": lines(case.columns, case.dtype)}
    t = case.task = Task(rows=case.rows_, columns=case.columns, l=case.l, m=case.m, w8=case.w8, side=case.side)
    if case.w15 < 1 << 15:
        t.w15 = case.w15
    if case.work == "normalize":
        a["scale"], a["bias"] = case.scale, case.bias
    if case.work == "cutmix":
        t.x0, t.y0, t.x1, t.y1 = case.box
    if case.work == "masks":
        a["mask"] = case.mask
    for name, array in a.items():
        setattr(t, name, array.ctypes.data)


def compiled(name):
    """Builds the peers of loops.c by a compiler."""
    functions = {
        ("", "float32"): {"": "float32"},
        ("", "uint8"): {", 8-bit weights": "bytes_8bit", ", exact": "bytes_exact", ", by float32": "bytes_float"},
        ("normalize", "uint8"): {", by pixel": "normalize", ", by plane": "normalize_planes", ", bytes first": "normalize_bytes"},
        ("cutmix", "uint8"): {"": "cut"},
        ("masks", "uint8"): {"": "masks"},
    }

    def build(case):
        if name not in LIBRARIES or case.threads > 1:
            return {}
        describe(case)
        library = LIBRARIES[name]
        peers = {f"C, {name}{form}": peer(case, getattr(library, f)) for form, f in functions[case.work, case.dtype.name].items()}
        if name == "clang" and case.work == "" and case.columns * case.dtype.itemsize % 64 == 0 and platform.machine() == "x86_64":
            stream = library.float32_stream_fenced if case.dtype == np.float32 else library.bytes_stream_fenced
            peers["C, clang, streaming stores"] = peer(case, stream, aside=True)
        return peers

    return build


def numkong_header(case):
    if "numkong" not in LIBRARIES or case.threads > 1 or case.work:
        return {}
    describe(case)
    library = LIBRARIES["numkong"]
    function = library.numkong_float32 if case.dtype == np.float32 else library.numkong_bytes
    return {"numkong header": peer(case, function, case.arrays["first"].ctypes.data)}


def simd_library(case):
    """Simd Library, called row by row from C, which takes any compiler."""
    drivers = [LIBRARIES[n] for n in ("gcc", "clang") if n in LIBRARIES]
    if "Simd Library" not in LIBRARIES or not drivers or case.threads > 1 or case.dtype != np.uint8 or case.work not in ("", "masks"):
        return {}
    describe(case)
    library, task = LIBRARIES["Simd Library"], Task.from_buffer_copy(case.task)
    kernel = library.SimdAlphaBlending if case.work else library.SimdAlphaBlendingUniform
    task.kernel = ctypes.cast(kernel, ctypes.c_void_p)
    if case.work:
        case.arrays["partner's mask"] = 255 - case.mask
        task.mask = case.arrays["partner's mask"].ctypes.data
    return {"Simd Library": peer(case, drivers[0].simd_masks if case.work else drivers[0].simd, task=task)}


BUILDERS = {"Simd Library": simd_library, "gcc": compiled("gcc"), "clang": compiled("clang"), "numkong header": numkong_header}
