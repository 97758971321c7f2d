"""The folder that ``add-model`` writes: its name, what it replaces, what it holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inference import golden
from inference.errors import BrokenModelError
from inference.models import METADATA, Metadata, read_metadata
from model.folder import copy, pack_arrays
from scripts.adding.given import SourceError, refuse_own_code

CARD = "card.md"
EXAMPLE = "example.json"


@dataclass(frozen=True)
class Package:
    """The content of a model's folder, besides the user's file."""

    metadata: Metadata
    served: Path  # what the engine loads
    preprocessing: bytes | None  # what runs before it, as a file
    golden: Mapping[str, golden.Call]  # by signature
    example: str
    card: str


def previous_metadata(folder: Path) -> Metadata | None:
    """What the folder holds of an earlier version, None if there is none.

    Raises :class:`SourceError` if the folder must not be replaced.
    """
    refuse_own_code(folder)
    if not folder.exists():
        return None
    try:
        return read_metadata(folder)
    except BrokenModelError as error:
        raise SourceError(f"{error}; remove {folder} to add the model anew") from error


def read_card(folder: Path) -> str | None:
    """The card, which somebody may have filled in; None if there is none."""
    card = folder / CARD
    return card.read_text() if card.exists() else None


def write_package(new: Path, package: Package) -> None:
    """Write the package into a folder that does not exist yet, without its version and original.

    :func:`scripts.adding.handover.take_over` adds these.
    """
    metadata = package.metadata
    new.mkdir()
    copy(package.served, new / metadata.file)
    if metadata.preprocessing is not None and package.preprocessing is not None:
        (new / metadata.preprocessing.file).write_bytes(package.preprocessing)
    (new / golden.GOLDEN).write_bytes(pack_arrays(golden.pack(dict(package.golden))))
    (new / EXAMPLE).write_text(package.example)
    (new / CARD).write_text(package.card)
    write_metadata(new, metadata)


def write_metadata(folder: Path, metadata: Metadata) -> None:
    """Write ``metadata.json``."""
    text = json.dumps(metadata.model_dump(mode="json"), indent=1)
    (folder / METADATA).write_text(text + "\n")
