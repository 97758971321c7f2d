"""Limits of a process, and the memory that it has taken."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

_GIGABYTE = 10**9
_COUNTED = ("RssAnon:", "RssShmem:", "VmSwap:")  # what cannot be read again from a file


@dataclass(frozen=True)
class Limits:
    """Bounds of one process."""

    memory: float  # GB
    seconds: float  # of the clock on the wall
    file_size: int  # bytes of each file that it writes


def default_memory() -> float:
    """8 GB, or three quarters of the machine's memory if that is less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIGABYTE
    return round(min(8.0, 0.75 * physical), 1)


def restrict(limits: Limits) -> None:
    """Have the kernel enforce the limits on this process.

    The one who watches the process ends it above ``limits.memory``. The kernel's own limit is
    higher: it counts memory that was reserved and never used, such as the stacks of threads, and
    it stops one large allocation before it happens. It does not count mapped files.
    """
    _lower(resource.RLIMIT_DATA, int((1.5 * limits.memory + 1) * _GIGABYTE))
    _lower(resource.RLIMIT_FSIZE, limits.file_size)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, value: int) -> None:
    _, most = resource.getrlimit(kind)
    if most != resource.RLIM_INFINITY:
        value = min(value, most)
    resource.setrlimit(kind, (value, value))


def memory_of(process: int) -> float:
    """The memory of a process in GB; 0 where the system has no ``/proc``, or it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0.0
    kilobytes = (int(line.split()[1]) for line in lines if line.startswith(_COUNTED))
    return sum(kilobytes) * 1024 / _GIGABYTE
