"""A model's folder on disk: its files are replaced whole or not at all. Sizes and digests."""

import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.models import METADATA


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


def files_under(path: Path) -> list[Path]:
    """The file itself, or every file of a folder, in a fixed order."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files of a folder."""
    return sum(file.stat().st_size for file in files_under(path))


def digest_of(path: Path) -> str:
    """The SHA-256 of a file; for a folder, that of a list of its files' names and digests."""
    if path.is_file():
        return sha256(path.read_bytes())
    listing = [
        f"{sha256(file.read_bytes())} {file.relative_to(path)}" for file in files_under(path)
    ]
    return sha256("\n".join(listing).encode())


def pack_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """The bytes of a compressed ``.npz`` file."""
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **arrays)
    return archive.getvalue()


def sha256(content: bytes) -> str:
    """The SHA-256 in hexadecimal, as metadata records it."""
    return hashlib.sha256(content).hexdigest()
