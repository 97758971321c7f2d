"""Files of a model's folder, read without trust in what they are: regular files, never a pipe.

To open a named pipe waits for a writer that may never come, and a device may do anything.
"""

import os
import stat
from pathlib import Path

from inference.errors import BrokenModelError


def read_file(file: Path, most_bytes: int | None = None) -> bytes:
    """The content. Raises :class:`BrokenModelError` that names the file and its problem."""
    name = shown(file)
    try:
        _require_regular(file.stat().st_mode, name)
        # The path may have changed since. Without O_NONBLOCK, a pipe would then be waited for.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as opened:  # noqa: PTH123 - a descriptor, not a path
            status = os.fstat(descriptor)
            _require_regular(status.st_mode, name)
            if most_bytes is not None and status.st_size > most_bytes:
                raise BrokenModelError(
                    f"{name} has {status.st_size} bytes, {most_bytes} is the most that is read"
                )
            return opened.read()
    except FileNotFoundError as error:
        raise BrokenModelError(f"{name} is missing") from error
    except OSError as error:
        raise BrokenModelError(f"{name} cannot be read: {error.strerror}") from error


def require_plain_folder(folder: Path) -> None:
    """Raise :class:`BrokenModelError` unless all below are regular files and real folders.

    A link to another folder would be loaded, but its files are not part of the digest.
    """
    name = shown(folder)
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise BrokenModelError(f"{name} is not a folder")
        for parent, folders, files in os.walk(folder, onerror=_raise):
            for entry in folders:
                if (Path(parent) / entry).is_symlink():
                    raise BrokenModelError(f"{name}/… has a link to a folder; copy the folder")
            for entry in files:
                file = Path(parent) / entry
                _require_regular(file.stat().st_mode, f"{name}/…/{shown(file)}")
    except FileNotFoundError as error:
        raise BrokenModelError(f"{name} is missing or has a link to nothing") from error
    except OSError as error:
        raise BrokenModelError(f"{name} cannot be read: {error.strerror}") from error


def shown(path: Path) -> str:
    """The last part of a path as one line of ASCII, whatever bytes it has."""
    return ascii(path.name)[1:-1][:100]


def _require_regular(mode: int, name: str) -> None:
    if not stat.S_ISREG(mode):
        raise BrokenModelError(f"{name} is not a regular file")


def _raise(error: OSError) -> None:
    raise error
