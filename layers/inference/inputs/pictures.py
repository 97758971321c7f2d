"""A file's bytes to a picture in memory: its first frame, upright, in the colours of the model.

What a file claims is checked before anything is decoded. Colours are converted as
``keras.utils.load_img`` does, with two differences, both on purpose: EXIF's orientation is applied,
which a phone's photograph needs and Keras ignores; and a picture of 16 bits for each pixel becomes
one of 8, as TensorFlow reads it, where Keras clips it to white.
"""

import struct
import zlib
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from inference.errors import InvalidInputError, TooLargeError
from inference.inputs.foreign_files import described
from inference.inputs.picture_structure import read_structure
from inference.inputs.structure import DamagedError, Structure

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

Color = Literal["rgb", "grayscale", "rgba"]
# The largest cameras of phones make 50.3 million. A pixel takes up to 12 bytes while it is decoded.
MOST_PIXELS = 51_000_000
MOST_WEBP_PIXELS = 25_000_000  # libwebp holds a picture three times more
_MODES = {"rgb": "RGB", "grayscale": "L", "rgba": "RGBA"}
_CHECKS = "send a JPEG, PNG, WebP or GIF picture that other programs open"
# Named one by one: ``Image.open`` imports all fifty formats, and reads JPEG's further pictures.
_DECODERS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WebP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
}
# What Pillow's decoders raise for files that are damaged.
_DAMAGES = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, zlib.error,
)  # fmt: skip


class _Decoder(Protocol):
    def __call__(self, fp: BytesIO) -> "ImageFile": ...


def read_picture(content: bytes, color: Color, most_pixels: int = MOST_PIXELS) -> "Image":
    """The picture. Raises :class:`InvalidInputError`, and :class:`TooLargeError` for its size."""
    try:
        structure = read_structure(content)
    except DamagedError as error:
        raise _damaged(str(error)) from error
    if structure is None:
        raise InvalidInputError(described(content))
    _require_size(structure, most_pixels)
    return _in_color(_upright(_decoded(structure), structure.orientation), color)


def _require_size(structure: Structure, most_pixels: int) -> None:
    width, height = structure.width, structure.height
    if not width or not height:
        raise _damaged("has no pixels")
    most = min(most_pixels, MOST_WEBP_PIXELS if structure.format == "WebP" else MOST_PIXELS)
    if width * height > most:
        raise TooLargeError(
            f"found a {structure.format} picture of {width} x {height} pixels, expected "
            f"{most:,} pixels at most; make it smaller"
        )


def _decoded(structure: Structure) -> "Image":
    module, name = _DECODERS[structure.format]
    decoder: _Decoder = getattr(import_module(module), name)
    try:
        image = decoder(BytesIO(structure.content))
        if image.size != (structure.width, structure.height):
            raise _damaged("has contradicting sizes")
        image.load()
    except _DAMAGES as error:
        raise _damaged("is damaged") from error
    return image


def _upright(image: "Image", orientation: int) -> "Image":
    """Turned as :func:`PIL.ImageOps.exif_transpose` turns it."""
    from PIL.Image import Transpose  # noqa: PLC0415 - imported once a picture is sent

    turn = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)
    return image if turn is None else image.transpose(turn)


def _in_color(image: "Image", color: Color) -> "Image":
    mode = _MODES[color]
    if image.mode.startswith("I"):
        from PIL import Image  # noqa: PLC0415 - imported once a picture is sent

        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if mode != "RGBA":
        image.info.pop("transparency", None)  # or Pillow warns of what is not asked for
    return image if image.mode == mode else image.convert(mode)


def _damaged(problem: str) -> InvalidInputError:
    return InvalidInputError(f"the picture {problem}; {_CHECKS}")
