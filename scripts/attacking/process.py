"""What a server and its child processes use, as Linux counts it under ``/proc``."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_RESET_PEAK = "5"  # of `clear_refs`, see proc(5)
_KILOBYTES = 1000 / 1.024  # of Linux, in a megabyte


@dataclass(frozen=True)
class Usage:
    """At one moment."""

    megabytes: float  # resident
    files: int
    threads: int


def read_usage(pid: int) -> Usage:
    """Of a process and its descendants. Raises ``OSError`` if it has ended."""
    files = len(list((_PROC / str(pid) / "fd").iterdir()))
    megabytes, threads = 0.0, 0
    for process in _family(pid):
        with suppress(OSError):  # a child that has just ended
            megabytes += _field(process, "VmRSS") / _KILOBYTES
            threads += int(_field(process, "Threads"))
    return Usage(megabytes, files, threads)


def reset_peak(pid: int) -> None:
    """Let :func:`peak_megabytes` count from now on."""
    for process in _family(pid):
        with suppress(OSError):
            (_PROC / str(process) / "clear_refs").write_text(_RESET_PEAK)


def peak_megabytes(pid: int) -> float:
    """The most that a process and its living descendants held since :func:`reset_peak`."""
    peak = 0.0
    for process in _family(pid):
        with suppress(OSError):
            peak += _field(process, "VmHWM") / _KILOBYTES
    return peak


def _field(pid: int, name: str) -> float:
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return float(value.split()[0])
    return 0.0  # a process that has ended and is not yet waited for has none


def _family(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for task in (_PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))
