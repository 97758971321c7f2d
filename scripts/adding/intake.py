"""The user's files, copied into the folder that the work is done in.

A copy does not change while it is read, and whoever reads it needs no other folder.
"""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.adding.given import SourceError, container_of, open_regular

_NO_NAME = re.compile(r"[^\w .,@+()\[\]-]")  # what no name in metadata and messages may hold
_GIGABYTE = 10**9
_MOST_FILES = 10_000  # of a SavedModel; it has one for each vocabulary and part of the weights


def take_model(path: Path, folder: Path) -> Path:
    """A copy of a model file or folder in ``folder``. Raises :class:`SourceError`."""
    path = path.absolute()
    if container_of(path) != "SavedModel":
        return take_file(path, folder)
    folder.mkdir(exist_ok=True)
    copied = folder / _safe_name(path)
    for number, file in enumerate(_files_of(path, path)):
        if number >= _MOST_FILES:
            raise SourceError(f"{path.name} holds over {_MOST_FILES} files: no SavedModel does")
        (copied / file.parent).mkdir(parents=True, exist_ok=True)
        _copy(path / file, copied / file)
    return copied


def take_file(path: Path, folder: Path) -> Path:
    """A copy of a file in ``folder``. Raises :class:`SourceError`."""
    folder.mkdir(exist_ok=True)
    copied = folder / _safe_name(path.absolute())
    _copy(path, copied)
    return copied


def _safe_name(path: Path) -> str:
    return _NO_NAME.sub("_", path.name) or "model"


def _files_of(path: Path, top: Path) -> Iterator[Path]:
    """Every file below, relative to the top. Links and special files are refused, not followed."""
    with _readable(path):
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_symlink():
            raise SourceError(f"{top.name} holds a symbolic link, {entry.name}: refused")
        if entry.is_dir():
            yield from _files_of(Path(entry.path), top)
        elif entry.is_file():
            yield Path(entry.path).relative_to(top)
        else:
            raise SourceError(f"{top.name} holds {entry.name}, which is no regular file: refused")


def _copy(path: Path, copied: Path) -> None:
    with open_regular(path) as source:
        before = os.fstat(source.fileno())
        if before.st_size > shutil.disk_usage(copied.parent).free:
            raise SourceError(
                f"{path.name} has {before.st_size / _GIGABYTE:.1f} GB, which is more than is free "
                "on the disk of the models"
            )
        with copied.open("xb") as destination:
            shutil.copyfileobj(source, destination, 1 << 20)
            size = destination.tell()
        after = os.fstat(source.fileno())
    if size != before.st_size or _change(before) != _change(after):
        raise SourceError(f"{path.name} changed while it was read; add it once it is written")


def _change(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, stat.S_IFMT(status.st_mode)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}") from error
