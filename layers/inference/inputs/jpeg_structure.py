"""Where a picture's data lies in a JPEG file. See :mod:`inference.inputs.picture_structure`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from inference.inputs.exif import orientation_of
from inference.inputs.structure import DamagedError, Structure, require_few

# Photographs have about ten. Each costs a pass over all pixels, however few its bytes are.
_MOST_SCANS = 64
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # those left out stand within a scan's data
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xDE}
# JFIF's and Adobe's segments tell how colours are coded. Other applications' are for people.
_DROPPED = frozenset(range(0xE1, 0xF0)) - {0xEE} | {0xFE}
_TEM, _SOI, _EOI, _SOS, _APP1 = 0x01, 0xD8, 0xD9, 0xDA, 0xE1


class _Segment(NamedTuple):
    marker: int
    start: int  # of the marker
    end: int
    data: bytes


def read_jpeg(content: bytes) -> Structure:
    """The first picture, without comments, profiles and what follows its end.

    Raises :class:`DamagedError`.
    """
    kept = [content[:2]]
    size: tuple[int, int] | None = None
    orientation, scans, data, end = 1, 0, 0, 0
    for marker, start, end, segment in _segments(content):
        if marker == _SOS:
            data = data or start  # of the first scan
            scans += 1
            if scans > _MOST_SCANS:
                raise DamagedError(f"has more than {_MOST_SCANS} scans")
        elif marker in _FRAMES:
            if size:
                raise DamagedError("has two headers")
            size = int.from_bytes(segment[3:5]), int.from_bytes(segment[1:3])
        elif marker == _APP1 and orientation == 1 and segment.startswith(b"Exif\0\0"):
            orientation = orientation_of(segment[6:])
        if not data and marker not in _DROPPED:
            kept.append(content[start:end])
    if not size or not data:
        raise DamagedError("has no pixels")
    return Structure("JPEG", *size, orientation, b"".join([*kept, content[data:end]]))


def _segments(content: bytes) -> Iterator[_Segment]:
    """All segments, to the end of the picture."""
    place, parts = 2, 0
    while match := _MARKER.search(content, place):
        marker, place = content[match.end() - 1], match.end()
        if marker == _EOI:
            yield _Segment(marker, match.start(), place, b"")
            return
        if marker in (_SOI, _TEM):  # have no length
            continue
        parts += 1
        require_few(parts, "segments")
        end = place + int.from_bytes(content[place : place + 2])
        if end > len(content) or end < place + 2:
            break
        yield _Segment(marker, match.start(), end, content[place + 2 : end])
        place = end
    raise DamagedError("is cut off")
