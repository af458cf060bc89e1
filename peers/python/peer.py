"""What takes part in a contest, and the memory that it works on."""

import mmap

import numpy as np


class Peer:
    def __init__(self, mix, repeat=None, partners=None, aside=False):
        self.mix = mix  # does the task once and returns the result
        self.repeat = repeat or self.again  # does it so many times, without a Python call each where it can
        self.partners = partners  # "reversal" or "roll" where it knows no others
        self.aside = aside  # shown, and not compared with
        self.timed = self.crowded = 0  # times that were long enough to say, and those in which more than one thread was busy

    def again(self, reps):
        for _ in range(reps):
            self.mix()


def lines(shape, dtype):
    """An array that begins at a cache line, and whose pages are all there."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.ones(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def pages(shape, dtype, after=0):
    """An array that begins so many bytes after a huge page does, in such pages where the system has them, as batches of the other side."""
    huge = 2 << 20
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = mmap.mmap(-1, size + after + 2 * huge, **({"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}))
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    memory = np.frombuffer(memory, np.uint8)
    start = -memory.ctypes.data % huge + after
    memory[start : start + size] = 1
    return memory[start : start + size].view(dtype).reshape(shape)
