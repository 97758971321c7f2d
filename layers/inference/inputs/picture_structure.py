"""Where a picture's data lies in a JPEG, PNG, WebP or GIF file, read without decoding anything.

Pillow would collect comments, profiles and EXIF blocks, of which a small file can hold a million,
and allocates what a header claims. So a file is walked first, and only what is needed to decode its
first picture goes on.
"""

import re
from collections.abc import Callable

from inference.inputs.exif import orientation_of
from inference.inputs.jpeg_structure import read_jpeg
from inference.inputs.structure import DamagedError, Structure, require_few

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_GIF_HEADER, _GIF_DESCRIPTOR = 13, 10  # bytes
_WEBP_LEAST = 30


def read_structure(content: bytes) -> Structure | None:
    """The first picture; None if the file is none of the four formats.

    Raises :class:`DamagedError`.
    """
    for read, magic in _READERS:
        if re.match(magic, content, re.DOTALL):
            return read(content)
    return None


def _read_png(content: bytes) -> Structure:
    kept = [_PNG_MAGIC]
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    parts, orientation, place, name = 0, 1, len(_PNG_MAGIC), b""
    while name != b"IEND":
        parts += 1
        require_few(parts, "chunks")
        name = content[place + 4 : place + 8]
        end = place + 12 + int.from_bytes(content[place : place + 4])
        if end > len(content):
            raise DamagedError("is cut off")
        if (name == b"IHDR") != (place == len(_PNG_MAGIC)):
            raise DamagedError("has not exactly one header, at its beginning")
        if name == b"eXIf":
            orientation = orientation_of(content[place + 8 : end - 4])
        if name[:1].isupper() or name == b"tRNS":  # others are not needed to decode, by PNG's rules
            kept.append(content[place:end])
        place = end
    return Structure("PNG", width, height, orientation, b"".join(kept))


def _read_gif(content: bytes) -> Structure:
    header = content[:_GIF_HEADER]
    if len(header) < _GIF_HEADER:
        raise DamagedError("is cut off")
    width, height = (_little(header[at : at + 2]) for at in (6, 8))
    place = _GIF_HEADER + _palette_size(header[10])
    palette, control = content[_GIF_HEADER:place], b""
    while (kind := content[place : place + 1]) not in (b",", b";", b""):
        end = _end_of_blocks(content, place + 2) if kind == b"!" else place + 1
        if content[place : place + 2] == b"!\xf9":
            control = content[place:end]
        place = end
    descriptor = content[place : place + _GIF_DESCRIPTOR]
    if len(descriptor) < _GIF_DESCRIPTOR or kind != b",":
        raise DamagedError("has no pixels")
    # A picture may reach beyond the screen that holds it.
    left, top, wide, high = (_little(descriptor[at : at + 2]) for at in (1, 3, 5, 7))
    end = _end_of_blocks(content, place + 11 + _palette_size(descriptor[9]))
    kept = b"".join([header, palette, control, content[place:end], b";"])
    return Structure("GIF", max(width, left + wide), max(height, top + high), 1, kept)


def _palette_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(content: bytes, place: int) -> int:
    while place < len(content) and content[place]:
        place += 1 + content[place]
    if place >= len(content):
        raise DamagedError("is cut off")
    return place + 1


def _read_webp(content: bytes) -> Structure:
    end = 8 + _little(content[4:8])
    if end > len(content) or end < _WEBP_LEAST:
        raise DamagedError("is cut off")
    kind, data = content[12:16], content[20:30]
    orientation = 1
    if kind == b"VP8X":
        width, height = (_little(data[at : at + 3]) + 1 for at in (4, 7))
        orientation = _webp_orientation(content, end)
    elif kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        width, height = (_little(data[at : at + 2]) & 0x3FFF for at in (6, 8))
    elif kind == b"VP8L" and data[:1] == b"\x2f":
        bits = _little(data[1:5])
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        raise DamagedError("has no pixels")
    return Structure("WebP", width, height, orientation, content[:end])


def _webp_orientation(content: bytes, end: int) -> int:
    place, parts = 12, 0
    while place + 8 <= end:
        parts += 1
        require_few(parts, "chunks")
        size = _little(content[place + 4 : place + 8])
        if content[place : place + 4] == b"EXIF":
            return orientation_of(content[place + 8 : place + 8 + size].removeprefix(b"Exif\0\0"))
        place += 8 + size + size % 2
    return 1


def _little(number: bytes) -> int:
    return int.from_bytes(number, "little")


_READERS: tuple[tuple[Callable[[bytes], Structure], bytes], ...] = (
    (read_jpeg, rb"\xff\xd8\xff"),
    (_read_png, _PNG_MAGIC),
    (_read_webp, rb"RIFF....WEBP"),
    (_read_gif, rb"GIF8[79]a"),
)
