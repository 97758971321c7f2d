"""What can be told of the user's words without reading a model: its path, its container, its name.

This module imports the standard library alone and runs on Python 3.8, because it refuses before
anything is installed: see :mod:`scripts.preflight`.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
from typing import TYPE_CHECKING, BinaryIO, Literal

from scripts.adding.containers import describe_folder, describe_zip
from scripts.adding.foreign import BYTES_TO_READ, SAVE_WHOLE, describe_file

if TYPE_CHECKING:
    from pathlib import Path

Container = Literal["HDF5", "zip", "LiteRT", "SavedModel"]
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"
_LITERT_MAGIC = b"TFL3"  # at byte 4
_MOST_BYTES_TO_SEARCH = 1_000_000_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


class SourceError(Exception):
    """A model cannot be added. The text is one line: the problem, and what to do about it."""


def one_line(text: str) -> str:
    """A text for the terminal: no line ends, nothing that moves the cursor or changes colours."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def folder_of(models_dir: Path, name: str) -> Path:
    """The folder of a model. Raises :class:`SourceError` for a name that cannot be in a URL."""
    if not _NAME.fullmatch(name):
        raise SourceError(
            f"'{name}' is not a name: expected up to 64 letters, digits, '_', '-' and '.', "
            "of which the first is a letter"
        )
    return models_dir / name


def refuse_own_code(folder: Path) -> None:
    """Raise :class:`SourceError` if the folder holds code, which ``add-model`` never replaces."""
    if any(folder.glob("*.py")):
        raise SourceError(f"{folder} holds a model with code of its own; choose another name")


def container_of(path: Path) -> Container:
    """What the first bytes say, without loading anything.

    Raises :class:`SourceError` if the path holds no model.
    """
    if path.is_dir():
        if not (path / "saved_model.pb").is_file():
            raise SourceError(describe_folder(path))
        return "SavedModel"
    with open_regular(path) as file:
        start = file.read(BYTES_TO_READ)
        if start.startswith(_HDF5_MAGIC):
            return "HDF5"
        if start.startswith(_ZIP_MAGIC):
            found = describe_zip(file)
            if found:
                raise SourceError(f"{path.name} {found}")
            return "zip"
    if start[4:8] == _LITERT_MAGIC:
        return "LiteRT"
    raise SourceError(f"{path.name} {describe_file(path.name, start)}")


def refuse_weights(path: Path) -> None:
    """Raise :class:`SourceError` for an HDF5 file that cannot hold a model.

    The name of an attribute stands in the file as it is. So a file without these bytes has no
    ``model_config``. Reading them all takes a second for each gigabyte at most.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if not 0 < size <= _MOST_BYTES_TO_SEARCH:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content.find(b"model_config") >= 0:
                return
    raise SourceError(f"{path.name} holds weights or data without a model; {SAVE_WHOLE}")


def open_regular(path: Path) -> BinaryIO:
    """A file, open for reading. Raises :class:`SourceError` for anything else than a file.

    To open a FIFO waits for a writer, and to open a device may act on it.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError(f"{path.name} cannot be read: it is no regular file")
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        reason = error.strerror if isinstance(error, OSError) else error
        raise SourceError(f"{path.name} cannot be read: {reason}") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SourceError(f"{path.name} cannot be read: it is no regular file")
    return file
