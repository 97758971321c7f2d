"""Folders changed in one step, so that whoever looks sees the old state or the new one."""

import ctypes
import errno
import fcntl
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_HERE = -100  # AT_FDCWD
_RENAME_EXCHANGE = 2  # Linux
_RENAME_SWAP = 2  # macOS
_CANNOT_LOCK = {errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP}
_CANNOT_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}
_ASIDE = ".replaced-"


@contextmanager
def lock(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the folder for this process. Yields False if another one holds it.

    The lock ends with the process, however that ends. It is on the folder itself and needs no
    file. Network file systems cannot lock a folder: there, two processes may hold it.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        held = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            held = False
        except OSError as error:
            if error.errno not in _CANNOT_LOCK:
                raise
        yield held
    finally:
        os.close(descriptor)


def publish(new: Path, folder: Path) -> None:
    """Put the folder ``new`` in the place of ``folder``; what was there takes the place of ``new``.

    All of it is on the disk before. Both must lie in one file system, and the caller holds the
    lock of ``folder.parent``.
    """
    _sync_tree(new)
    if not folder.exists():
        new.rename(folder)
    elif not _exchanged(new, folder):
        # Two steps: who looks between them finds no folder. `recover` mends what a kill leaves.
        aside = folder.with_name(_ASIDE + folder.name)
        folder.rename(aside)
        new.rename(folder)
        aside.rename(new)
    _sync(folder.parent)


def recover(models: Path) -> None:
    """Finish or undo the replacements that were killed between two steps."""
    for aside in models.glob(f"{_ASIDE}*"):
        folder = aside.with_name(aside.name.removeprefix(_ASIDE))
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(folder)


def _exchanged(one: Path, other: Path) -> bool:
    """True if the two have changed places; False if this system cannot do it in one step."""
    if sys.platform == "darwin":
        result = _libc.renamex_np(os.fsencode(one), os.fsencode(other), _RENAME_SWAP)
    elif hasattr(_libc, "renameat2"):
        result = _libc.renameat2(
            _HERE, os.fsencode(one), _HERE, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)
        )
    else:
        return False
    if result == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        if stat.S_ISREG(path.lstat().st_mode) or stat.S_ISDIR(path.lstat().st_mode):
            _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    """Have the disk hold the content. Some file systems cannot for a folder, and need not."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(descriptor)
