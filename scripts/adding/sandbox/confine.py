"""Inside the process: give up what the work does not need."""

import os
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.adding.sandbox import kernel, landlock, namespaces, seccomp

_REPOSITORY = Path(__file__).parents[3]
# Libraries, their loader's cache, the processors that TensorFlow counts, the command line that it
# must be able to read, and the memory that is measured. Not the rest of /etc and /proc:
# passwords and the environment are there.
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/opt/lib", "/nix/store", "/etc/ld.so.cache", "/etc/localtime"),
    *("/sys/devices/system/cpu", "/sys/devices/system/node", "/dev/urandom", "/dev/random"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/self/cmdline", "/proc/self/statm", "/dev/zero"),
)
_WRITABLE_DEVICE = Path("/dev/null")
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ")
_KEPT_PREFIXES = ("TF_", "KERAS_", "OMP_", "MKL_", "OPENBLAS_", "LD_", "PYTHON")


@dataclass(frozen=True)
class Confinement:
    """What stays open to the process besides Python and the system's libraries."""

    work: Path  # the only folder that it may write
    readable: tuple[Path, ...] = ()
    own_modules: bool = False  # the user's modules under ``sys.path``
    sandbox: bool = True  # False: everything stays open


def settle(confinement: Confinement) -> None:
    """Work in the folder: current directory, home and temporary files. Write no bytecode.

    Only variables of the libraries stay in the environment: a secret there is nobody's business.
    """
    sys.path[:] = [str(Path(entry).resolve()) for entry in sys.path]
    temporary = confinement.work / ".tmp"
    temporary.mkdir(exist_ok=True)
    os.chdir(confinement.work)
    sys.dont_write_bytecode = True
    if confinement.sandbox:
        for name in list(os.environ):
            if name not in _KEPT_VARIABLES and not name.startswith(_KEPT_PREFIXES):
                del os.environ[name]
        os.environ["HOME"] = str(confinement.work)
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = str(temporary)


def confine(confinement: Confinement) -> list[str]:
    """Give up the network, other processes and all other files.

    Returns what this system cannot take away. The process must have one thread, because rules
    hold for a thread and those that it starts.
    """
    missing: list[str] = []
    if sys.platform != "linux":
        return ["files, network and memory (only Linux can)"]
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208 - names are all that is wanted
        raise RuntimeError("a process with several threads cannot be confined")
    no_network = _worked(namespaces.leave_network)
    namespaces.leave_root()
    kernel.no_new_privileges()
    version = landlock.version()
    if version:
        landlock.restrict(
            [*map(Path, _SYSTEM), *_of_python(), *_of_modules(confinement), *confinement.readable],
            [confinement.work, _WRITABLE_DEVICE],
            map(Path, sys.path),
            offered=version,
        )
    else:
        missing.append("files (Landlock: Linux 5.19, and not gVisor)")
    filtered = _worked(seccomp.restrict)
    if not filtered:
        missing.append("starting programs (seccomp)")
    if not (filtered or no_network):
        missing.append("the network (seccomp, or user namespaces)")
    return missing


def _worked(take_away: Callable[[], None]) -> bool:
    try:
        take_away()
    except OSError:
        return False
    return True


def _of_python() -> Iterator[Path]:
    """Python's own library and what is installed for it."""
    paths = sysconfig.get_paths()
    for name in ("stdlib", "platstdlib", "purelib", "platlib"):
        yield Path(paths[name])
    # The shared library of Python, and those of packages, may lie beside.
    yield from (Path(prefix) / "lib" for prefix in (sys.prefix, sys.base_prefix))
    yield from (Path(entry) for entry in sys.path if _is_installed(entry))


def _is_installed(entry: str) -> bool:
    return Path(entry).name in ("site-packages", "dist-packages", "lib-dynload")


def _of_modules(confinement: Confinement) -> Iterator[Path]:
    """The project's packages, and the user's if the work needs them.

    A folder of `sys.path` is not opened whole: a repository holds more than modules.
    """
    yield from (_REPOSITORY / part for part in ("layers", "model", "scripts"))
    if confinement.own_modules:
        for entry in map(Path, _own(sys.path)):
            yield from entry.glob("*.py")
            yield from {file.parent for file in entry.glob("[!.]*/*.py")}


def _own(entries: Sequence[str]) -> Iterator[str]:
    for entry in entries:
        if not _is_installed(entry) and Path(entry) != Path(sysconfig.get_paths()["stdlib"]):
            yield entry
