"""What is told of a picture before it is decoded. See :mod:`inference.inputs.picture_structure`."""

from typing import Literal, NamedTuple

Format = Literal["JPEG", "PNG", "WebP", "GIF"]
_MOST_PARTS = 50_000  # segments or chunks; a PNG of 50 million pixels in blocks of 8 KiB has 20,000


class DamagedError(ValueError):
    """The file does not follow its format. The text completes "the picture …"."""


class Structure(NamedTuple):
    """What the file says of its first picture, and the bytes that a decoder needs."""

    format: Format
    width: int
    height: int
    orientation: int  # EXIF's, 1 to 8
    content: bytes


def require_few(parts: int, what: str) -> None:
    """Raise :class:`DamagedError` for more parts than real files have."""
    if parts > _MOST_PARTS:
        raise DamagedError(f"has more than {_MOST_PARTS:,} {what}")
