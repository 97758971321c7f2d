"""How much memory this process holds while something runs, and how it gives some back."""

import ctypes
import gc
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATM = Path("/proc/self/statm")
_INTERVAL_SECONDS = 0.005


@dataclass
class Peak:
    """The largest that was seen."""

    bytes: int


def resident_bytes() -> int:
    """The memory of this process now, or its peak where the system does not tell."""
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def release_memory() -> None:
    """Free what is held in cycles, as Keras models are, and give free memory to the system.

    Without the second, the C library keeps what was freed between blocks that are still in use.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc; musl has none
        if trim is not None:
            trim(0)


@contextmanager
def watch(memory: Callable[[], int] = resident_bytes) -> Iterator[Peak]:
    """Ask ``memory`` again and again while the block runs, and at its end."""
    peak = Peak(memory())
    finished = threading.Event()

    def sample() -> None:
        while not finished.wait(_INTERVAL_SECONDS):
            peak.bytes = max(peak.bytes, memory())

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield peak
    finally:
        finished.set()
        sampler.join()
        peak.bytes = max(peak.bytes, memory())
