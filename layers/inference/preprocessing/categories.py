"""Numbers of categories as one-hot, multi-hot and counts: what many layers end with."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inference.errors import InvalidInputError
from inference.preprocessing.step import require_possible

DROPPED = np.iinfo(np.int64).max  # stands for a masked value, which no category counts
_MATRIX = 2  # dimensions up to which the layers count with TensorFlow's `bincount`


def encode(
    indices: NDArray[Any],
    mode: Literal["int", "one_hot", "multi_hot", "count", "tf_idf"],
    depth: int,
    dtype: str,
    *,
    legacy: bool,
) -> NDArray[Any]:
    """The numbers of categories in a layer's output mode.

    One vector of ``depth`` values stands for each number in ``one_hot``, and for each row (all
    numbers along the last dimension) in the other modes.
    """
    if mode == "int":
        return indices.astype(dtype)
    if mode == "one_hot":
        if indices.ndim < _MATRIX or indices.shape[-1] != 1:
            indices = indices[..., None]
        if legacy:
            _require_matrix(indices)
            _require_not_negative(indices)
    elif indices.ndim <= _MATRIX:
        _require_not_negative(indices)
    elif legacy:
        _require_matrix(indices)
    else:
        indices = np.moveaxis(indices, 1, -1)  # Keras 3 sums along the second dimension
    shape = (*indices.shape[:-1], depth)
    require_possible(shape)
    numbers = indices.reshape(-1)
    rows = np.arange(numbers.size) // max(indices.shape[-1], 1)
    return counted(rows, numbers, shape, dtype, binary=mode in ("one_hot", "multi_hot"))


def counted(
    rows: NDArray[np.int64],
    numbers: NDArray[Any],
    shape: tuple[int, ...],
    dtype: str,
    *,
    binary: bool,
) -> NDArray[Any]:
    """How often each number stands in a row. Numbers beyond the last category do not count."""
    depth = shape[-1]
    counts = np.zeros(shape, dtype)
    flat = counts.reshape(-1)
    inside = (numbers >= 0) & (numbers < depth)
    places = rows[inside] * depth + numbers[inside]
    if binary:
        flat[places] = 1
    else:
        found, times = np.unique(places, return_counts=True)
        flat[found] = times
    return counts


def _require_matrix(indices: NDArray[Any]) -> None:
    if indices.ndim > _MATRIX:
        raise InvalidInputError(
            f"a layer of Keras 2 encodes rows of one value, found the shape {list(indices.shape)}"
        )


def _require_not_negative(indices: NDArray[Any]) -> None:
    if indices.size and indices.min() < 0:
        raise InvalidInputError(f"the category {indices.min()} is negative, expected 0 or more")
