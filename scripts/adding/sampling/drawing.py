"""Random arrays that look like what people send: token ids, pixels, masks, series.

What is known of an input decides: :class:`scripts.adding.sampling.bounds.Bounds`, its shape, its
name.

- Indices of a table are whole numbers below its rows, also where the input is declared float.
- A tensor of images has smooth pictures with noise. Where the model itself scales pixels, and for
  ``uint8``, they are 0 to 255. Where it does not, they are −1 to 1, and 0 to 1 in a call of one
  row: the two ranges that Keras' own ``preprocess_input`` and people's ``x / 255`` give.
- Where the model subtracts means, as ``Normalization`` does, numbers lie around them.
- A tensor with steps has slow waves with noise.
- A mask, told by its name, is true for the first values of each row, as after padding.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inference.signatures import TensorSpec
from scripts.adding.lifting.values import draw as draw_of_pool
from scripts.adding.sampling.bounds import Bounds

# Other values that a model may need: only positive numbers have a logarithm or a root.
Style = Literal["usual", "positive", "probabilities", "one-hot"]

MOST_UNBOUNDED = 1000  # of integers whose limit is not known
_WORDS = (b"good", b"dog", b"a cat", b"not seen before", b"")
_CHANNELS = (1, 3, 4)
_RANK_OF_IMAGES = 4
_RANK_OF_SERIES = 3
_WAVES = 4


@dataclass(frozen=True)
class Attempt:
    """How the inputs of one call are drawn."""

    rows: int
    length: int  # of every free dimension but the first
    limit: int | None = None  # integers are drawn below it, and below the input's own limit
    style: Style = "usual"


def shape_of(spec: TensorSpec, attempt: Attempt) -> tuple[int, ...]:
    """The sizes of the array that is drawn."""
    return tuple(
        size if size >= 0 else (attempt.rows if place == 0 else attempt.length)
        for place, size in enumerate(spec.shape)
    )


def draw(  # noqa: PLR0911 - one for each kind of value
    name: str, spec: TensorSpec, bounds: Bounds, attempt: Attempt, random: np.random.Generator
) -> NDArray[Any]:
    """An array for an input."""
    shape = shape_of(spec, attempt)
    if bounds.pool:
        return draw_of_pool(list(bounds.pool), shape, random).astype(spec.numpy_dtype)
    if spec.dtype == "string":
        drawn: NDArray[Any] = np.array(_WORDS, object)[random.integers(0, len(_WORDS), shape)]
        return np.asarray(drawn, object)
    dtype = spec.numpy_dtype
    if "mask" in name.lower() or (dtype.kind == "b" and attempt.style != "usual"):
        return _mask(shape, random).astype(dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    if bounds.limit is None and (dtype.kind == "f" or _is_image(shape, dtype)):
        if attempt.style != "usual":
            return _other_numbers(shape, attempt.style, random).astype(dtype)
        return _usual_numbers(shape, dtype, bounds, attempt.rows, random).astype(dtype)
    limits = [attempt.limit, bounds.limit or MOST_UNBOUNDED]
    if dtype.kind in "iu":
        limits.append(int(np.iinfo(dtype).max))
    limit = min(limit for limit in limits if limit is not None)
    least = 1 if attempt.style == "positive" and limit > 1 else 0
    return random.integers(least, limit, shape).astype(dtype)


def _other_numbers(
    shape: tuple[int, ...], style: Style, random: np.random.Generator
) -> NDArray[Any]:
    if style == "positive" or len(shape) <= 1:
        return random.uniform(0.05, 1, shape).round(3)
    if style == "one-hot":
        return np.asarray(np.eye(shape[-1])[random.integers(0, shape[-1], shape[:-1])])
    powers = np.exp(random.normal(size=shape))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _usual_numbers(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    bounds: Bounds,
    rows: int,
    random: np.random.Generator,
) -> NDArray[Any]:
    if not _is_image(shape, dtype) and len(bounds.means) in (1, shape[-1] if shape else 1):
        means = np.array(bounds.means)
        spread = np.where(means, np.abs(means) / 2, 1)
        return (means + spread * _waves(shape, random)).round(3)
    if bounds.pixels or dtype.kind == "u":
        return (_waves(shape, random) * 50 + 128).clip(0, 255).round()
    if _is_image(shape, dtype):
        pixels = (_waves(shape, random) * 0.4).clip(-1, 1)
        return (pixels if rows > 1 else (pixels + 1) / 2).round(3)
    return _waves(shape, random).round(3)


def _is_image(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """A picture, or several, with the channels last or first."""
    if len(shape) < _RANK_OF_IMAGES or not (dtype.kind == "f" or dtype == np.uint8):
        return False
    return shape[-1] in _CHANNELS or shape[1] in _CHANNELS


def _waves(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float64]:
    """Waves along all axes but the first and the last, with noise; of variance 1, about 0."""
    if len(shape) < _RANK_OF_SERIES:
        return random.normal(size=shape)
    total = random.normal(scale=0.2, size=shape)
    ends = (shape[0], *[1] * (len(shape) - 2), shape[-1])
    for _ in range(_WAVES):
        phase = random.uniform(0, 2 * np.pi, ends)
        for axis in range(1, len(shape) - 1):
            along = np.linspace(0, 1, shape[axis]).reshape(-1, *[1] * (len(shape) - 1 - axis))
            phase = phase + random.normal(scale=8, size=ends) * along
        total = total + np.sin(phase) / np.sqrt(_WAVES / 2)
    return total


def _mask(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.bool_]:
    """The first values of the last axis are true, at least one."""
    if len(shape) <= 1:
        return np.ones(shape, bool)
    lengths = random.integers(1, shape[-1] + 1, (*shape[:-1], 1))
    return np.asarray(np.arange(shape[-1]) < lengths)
