"""A model folder on disk: written whole or not at all."""

import hashlib
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.models import METADATA


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write everything beside its place first, then move it there, metadata last."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as beside:
        for name, content in files.items():
            (Path(beside) / name).write_bytes(content)
        for name in sorted(files, key=lambda name: name == METADATA):
            (Path(beside) / name).replace(folder / name)


def pack_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """A compressed NumPy archive."""
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **arrays)
    return archive.getvalue()


def sha256(content: bytes) -> str:
    """The digest that metadata records."""
    return hashlib.sha256(content).hexdigest()
