"""What people send in place of a picture, told by its first bytes, with what to do about it."""

import re

_EXPECTED = "expected a JPEG, PNG, WebP or GIF picture"
_CONVERT = "save it as JPEG or PNG"
# By the first bytes: what it is, and what to do.
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (
        rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)",
        "a HEIC picture",
        "export it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)",
    ),
    (rb"....ftypavi[fs]", "an AVIF picture", _CONVERT),
    (rb"....ftyp|\x1aE\xdf\xa3", "a video", "send one of its frames as JPEG or PNG"),
    (rb"BM", "a BMP picture", _CONVERT),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "a TIFF or raw picture", _CONVERT),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture", _CONVERT),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL picture", _CONVERT),
    (rb"\0\0[\x01\x02]\0", "an icon", _CONVERT),
    (rb"8BPS", "a Photoshop file", _CONVERT),
    (rb"%PDF", "a PDF file", "save its page as PNG"),
    (rb"%!PS", "a PostScript file", "save its page as PNG"),
    (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", "an archive", "send the pictures in it"),
    (
        rb"(\xef\xbb\xbf)?\s*<(svg|(\?xml|!--|!DOCTYPE svg).*<svg)",
        "an SVG drawing",
        "save it as PNG",
    ),
    (rb"(\xef\xbb\xbf)?\s*<", "an HTML or XML page", "send the picture's own file"),
    (
        rb"data:image/|/9j/|iVBORw0KGgo|UklGR|R0lGOD",
        "base64 text",
        'send the file\'s bytes, or {"b64": …} in JSON',
    ),
)


def described(content: bytes) -> str:
    """One sentence: what was found, what is expected, what to do.

    >>> described(b"%PDF-1.7")
    'found a PDF file, expected a JPEG, PNG, WebP or GIF picture; save its page as PNG'
    """
    start = content[:1000]
    if not start:
        return f"found no bytes, {_EXPECTED}; send the file's content"
    for pattern, kind, advice in _KINDS:
        if re.match(pattern, start, re.DOTALL | re.IGNORECASE):
            return f"found {kind}, {_EXPECTED}; {advice}"
    kind = "text" if _is_text(start) else "a file of unknown kind"
    return f"found {kind}, {_EXPECTED}; {_CONVERT}"


def _is_text(start: bytes) -> bool:
    try:
        text = start[:64].decode()
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)
