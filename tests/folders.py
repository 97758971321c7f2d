"""Folders of models to break: copies of the tests' own model, under any name."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from inference.calls import GOLDEN
from inference.digests import digest_of
from inference.metadata import METADATA
from tests.processes import MODELS


def copy_iris(models: Path, name: str = "iris") -> Path:
    """The tests' own model, under this name."""
    folder = models / name
    shutil.copytree(MODELS / "iris", folder)
    if name != "iris":
        change(folder, name=name)
    return folder


def change(folder: Path, **fields: Any) -> None:
    """Set fields of the metadata."""
    file = folder / METADATA
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def sign(folder: Path) -> None:
    """Record the digest of the served file as it is now, as one does who made the folder."""
    metadata = json.loads((folder / METADATA).read_text())
    served = folder / metadata["file"]
    metadata["provenance"]["served"]["sha256"] = digest_of(served)
    (folder / METADATA).write_text(json.dumps(metadata))


def change_golden(folder: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Edit the arrays of the golden file."""
    with np.load(folder / GOLDEN) as archive:
        arrays = dict(archive)
    edit(arrays)
    np.savez_compressed(folder / GOLDEN, allow_pickle=True, **arrays)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)
