"""A picture to the size that a model takes, by the arithmetic of two libraries.

``nearest``, ``bilinear``, ``bicubic`` and ``lanczos`` are Pillow's, as ``keras.utils.load_img``
calls it: they smooth while they make smaller. ``tf-bilinear`` is ``tf.image.resize`` without
antialiasing, which ``image_dataset_from_directory``, ``smart_resize`` and ``Resizing`` layers use.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Resize = Literal["nearest", "bilinear", "bicubic", "lanczos", "tf-bilinear"]
Fit = Literal["stretch", "crop", "pad"]
Box = tuple[int, int, int, int]  # left, upper, right, lower
Pixels = NDArray[Any]  # (height, width, channels) of 0 to 255: uint8, or float32 from TensorFlow's


def resized(image: "Image", height: int, width: int, resize: Resize, fit: Fit) -> Pixels:
    """The picture's pixels, ``(height, width, channels)``."""
    scale = _of_tensorflow if resize == "tf-bilinear" else _of_pillow(resize)
    if image.size == (width, height):
        return pixels_of(image)
    if fit == "pad":
        return _padded(image, height, width, scale)
    box = _center(image, height, width) if fit == "crop" else (0, 0, *image.size)
    return scale(image, box, height, width)


def pixels_of(image: "Image") -> Pixels:
    """The pixels as they are; grey ones have one channel."""
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]  # noqa: PLR2004 - dimensions


def _center(image: "Image", height: int, width: int) -> Box:
    """The largest part in the middle that has the proportions of the model's picture."""
    high = max(1, min(image.height, image.width * height // width))
    wide = max(1, min(image.width, image.height * width // height))
    left, upper = (image.width - wide) // 2, (image.height - high) // 2
    return left, upper, left + wide, upper + high


def _padded(image: "Image", height: int, width: int, scale: "_Scale") -> Pixels:
    """Black at two sides. In float32, because ``tf.image.resize_with_pad`` rounds by it."""
    target = np.array([height, width], np.float32)  # and so the pairs that follow
    found = np.array([image.height, image.width], np.float32)
    exact = found / (found / target).max()
    high, wide = np.maximum(exact.astype(int), 1).tolist()
    upper, left = np.maximum(np.floor((target - exact) / 2).astype(int), 0).tolist()
    inner = scale(image, (0, 0, *image.size), high, wide)
    pixels = np.zeros((height, width, inner.shape[-1]), inner.dtype)
    pixels[upper : upper + high, left : left + wide] = inner
    return pixels


_Scale = Callable[["Image", Box, int, int], Pixels]


def _of_pillow(resize: str) -> _Scale:
    from PIL.Image import Resampling  # noqa: PLC0415 - imported once a picture is sent

    method = Resampling[resize.upper()]

    def scale(image: "Image", box: Box, height: int, width: int) -> Pixels:
        return pixels_of(image.resize((width, height), method, box=box))

    return scale


def _of_tensorflow(image: "Image", box: Box, height: int, width: int) -> Pixels:
    left, upper, right, lower = box
    pixels = pixels_of(image)[upper:lower, left:right]
    if pixels.shape[:2] == (height, width):
        return pixels
    top, bottom, down = _neighbours(lower - upper, height)
    first, second, across = _neighbours(right - left, width)
    down, across = down[:, np.newaxis, np.newaxis], across[:, np.newaxis]

    def row(rows: NDArray[np.intp]) -> Pixels:
        near = pixels[rows[:, np.newaxis], first].astype(np.float32)  # (height, width, channels)
        return near + (pixels[rows[:, np.newaxis], second] - near) * across

    high = row(top)
    return high + (row(bottom) - high) * down


def _neighbours(
    found: int, wanted: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For each place: the pixels before and behind it, and how far it lies between them."""
    ratio = np.float32(found) / np.float32(wanted)
    places = (np.arange(wanted, dtype=np.float32) + np.float32(0.5)) * ratio - np.float32(0.5)
    before = np.floor(places)
    behind = np.minimum(np.ceil(places), found - 1).astype(np.intp)
    return np.maximum(before, 0).astype(np.intp), behind, places - before
