"""A model's folder on disk: its files are replaced whole or not at all. Sizes and digests."""

import io
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.digests import digest_of, files_under, sha256
from inference.models import METADATA

__all__ = [
    "copy",
    "digest_of",
    "files_under",
    "new_folder",
    "pack_arrays",
    "replace_files",
    "sha256",
    "size_of",
]


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write every file beside its place first, then move each to its place, the metadata last."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as beside:
        for name, content in files.items():
            (Path(beside) / name).write_bytes(content)
        for name in sorted(files, key=lambda name: name == METADATA):
            (Path(beside) / name).replace(folder / name)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """An empty folder to fill. It replaces ``folder`` if the block raises nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".adding-") as beside:
        new = Path(beside) / "new"
        new.mkdir()
        yield new
        if folder.exists():
            folder.rename(Path(beside) / "old")
        new.rename(folder)


def copy(source: Path, destination: Path) -> None:
    """Copy a file or a folder."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, destination)
    else:
        shutil.copyfile(source, destination)


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files of a folder."""
    return sum(file.stat().st_size for file in files_under(path))


def pack_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """The bytes of a compressed ``.npz`` file."""
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **arrays)
    return archive.getvalue()
