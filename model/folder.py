"""A model's folder on disk: it is replaced whole or not at all. Sizes and digests."""

import errno
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.digests import digest_of, files_under, sha256
from inference.models import METADATA
from model.exchange import lock, publish, recover

__all__ = [
    "copy",
    "digest_of",
    "files_under",
    "pack_arrays",
    "replace_files",
    "sha256",
    "size_of",
    "staging",
]

_STAGED = ".adding-"  # folders of models skip names that begin with a dot
_CANNOT_MOVE = {errno.EBUSY, errno.EXDEV}


@contextmanager
def staging(models: Path) -> Iterator[Path]:
    """An empty folder in the folder of models, to prepare a model in. It is removed at the end.

    What a killed process has left is removed by the next one: the lock of a staging folder ends
    with the process that made it.
    """
    models.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with lock(models):
            recover(models)
            for left in models.glob(f"{_STAGED}*"):
                _remove_abandoned(left)
            staged = Path(
                stack.enter_context(tempfile.TemporaryDirectory(dir=models, prefix=_STAGED))
            )
            stack.enter_context(lock(staged))
        yield staged


def _remove_abandoned(staged: Path) -> None:
    if staged.is_symlink() or not staged.is_dir():
        return
    with lock(staged, wait=False) as abandoned:
        if abandoned:
            shutil.rmtree(staged, ignore_errors=True)


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replace some files of a folder, all in one step; its other files stay.

    A second folder is filled with the new files and with links to the others, then the two change
    places. Where the folder itself cannot be moved, such as a mounted one, each file is moved to
    its place, the metadata last.
    """
    folder = folder.resolve()
    with staging(folder.parent) as staged:
        new = staged / "new"
        if folder.exists():
            shutil.copytree(folder, new, symlinks=True, copy_function=_link)
        else:
            new.mkdir()
        beside = staged / "files"
        beside.mkdir()
        for name, content in files.items():
            (beside / name).write_bytes(content)
            _link(beside / name, new / name)
        try:
            with lock(folder.parent):
                publish(new, folder)
        except OSError as error:
            if error.errno not in _CANNOT_MOVE:
                raise
            _replace_each(folder, beside, files)


def _replace_each(folder: Path, beside: Path, names: Iterable[str]) -> None:
    for name in sorted(names, key=lambda name: name == METADATA):
        written = folder / f".writing-{name}"
        shutil.copyfile(beside / name, written)
        written.replace(folder / name)


def _link(source: str | Path, destination: str | Path) -> None:
    """The same file under a second name; a copy where the file system has no such links."""
    Path(destination).unlink(missing_ok=True)
    try:
        os.link(source, destination, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, destination)


def copy(source: Path, destination: Path) -> None:
    """Copy a file or a folder: content alone, no modes, no times, no links."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    if not source.is_dir():
        shutil.copyfile(source, destination)
        return
    destination.mkdir()
    for file in files_under(source):
        copy(file, destination / file.relative_to(source))


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files of a folder."""
    return sum(file.stat().st_size for file in files_under(path))


def pack_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """The bytes of a compressed ``.npz`` file."""
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **arrays)
    return archive.getvalue()
