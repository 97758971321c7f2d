"""SHA-256 of files and folders, as ``metadata.json`` records it of what the engine loads."""

import hashlib
from pathlib import Path

from inference.errors import BrokenModelError

_SHOWN = 12  # digits of a digest in a message


def sha256(content: bytes) -> str:
    """The SHA-256 in hexadecimal, as metadata records it."""
    return hashlib.sha256(content).hexdigest()


def files_under(path: Path) -> list[Path]:
    """The file itself, or every file of a folder, in a fixed order."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def digest_of(path: Path) -> str:
    """The SHA-256 of a file; for a folder, that of a list of its files' names and digests."""
    if path.is_file():
        return _digest_of_file(path)
    listing = [f"{_digest_of_file(file)} {file.relative_to(path)}" for file in files_under(path)]
    return sha256("\n".join(listing).encode())


def require_digest(name: str, actual: str, expected: str | None) -> None:
    """Raise :class:`BrokenModelError` where a digest is known and is another one."""
    if expected not in (None, actual):
        raise BrokenModelError(
            f"{name} is not what metadata.json describes: its SHA-256 begins with "
            f"{actual[:_SHOWN]}, expected {str(expected)[:_SHOWN]}; put the old content back, or "
            "add the model again with `make add-model` and restart"
        )


def _digest_of_file(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
