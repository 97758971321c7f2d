"""What stands between the layers at a model's entry: shapes, columns and dtypes."""

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from inference.errors import InvalidInputError
from inference.preprocessing.step import BaseStep, truncated
from inference.signatures import DType


class Reshape(BaseStep):
    """Other dimensions for the values of each row; one of them may be -1, the rest."""

    layer: Literal["Reshape"] = "Reshape"
    target_shape: tuple[int, ...]  # without the rows

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The same values, row by row."""
        (values,) = arrays
        rest = math.prod(values.shape[1:]) // max(
            math.prod(d for d in self.target_shape if d > 0), 1
        )
        shape = [rest if size < 0 else size for size in self.target_shape]
        return _reshaped(values, (len(values), *shape))


class Flatten(BaseStep):
    """One dimension for the values of each row."""

    layer: Literal["Flatten"] = "Flatten"

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The same values in the shape (rows, values)."""
        (values,) = arrays
        return _reshaped(values, (len(values), math.prod(values.shape[1:])))


class Squeeze(BaseStep):
    """Without a dimension of the size 1; without an axis, every such dimension."""

    layer: Literal["Squeeze"] = "Squeeze"
    axis: int | tuple[int, ...] | None = None

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The same values; the rows stay, even where there is one."""
        (values,) = arrays
        axes = [d for d in range(1, values.ndim) if values.shape[d] == 1]
        axis = tuple(axes) if self.axis is None else self.axis
        try:
            return np.squeeze(values, axis)
        except ValueError as error:
            raise InvalidInputError(f"cannot squeeze {list(values.shape)} along {axis}") from error


class ExpandDims(BaseStep):
    """With one more dimension of the size 1."""

    layer: Literal["ExpandDims"] = "ExpandDims"
    axis: int

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The same values."""
        (values,) = arrays
        try:
            return np.expand_dims(values, self.axis)
        except ValueError as error:
            raise InvalidInputError(f"{values.ndim} dimensions, no place {self.axis}") from error


class Concatenate(BaseStep):
    """Tensors side by side."""

    layer: Literal["Concatenate"] = "Concatenate"
    most_inputs: ClassVar[int] = 10_000
    axis: int = -1

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """One tensor. Where dtypes differ, Keras 3 takes the floats' dtype, Keras 2 refuses."""
        dtypes = {array.dtype for array in arrays}
        floats = [dtype for dtype in dtypes if dtype.kind == "f"]
        if len(dtypes) > 1 and (self.is_legacy or np.dtype(object) in dtypes):
            raise InvalidInputError(f"expected one dtype, found {sorted(map(str, dtypes))}")
        try:
            return np.concatenate(arrays, self.axis, dtype=np.result_type(*(floats or dtypes)))
        except ValueError as error:
            shapes = [list(array.shape) for array in arrays]
            raise InvalidInputError(f"cannot concatenate the shapes {shapes}") from error


class Identity(BaseStep):
    """Nothing: another name for a tensor."""

    layer: Literal["Identity"] = "Identity"

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The same tensor."""
        (values,) = arrays
        return values


class Cast(BaseStep):
    """Numbers of another dtype."""

    layer: Literal["Cast"] = "Cast"
    dtype: DType

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The same values, rounded towards 0 where they become whole numbers."""
        (values,) = arrays
        dtype = np.dtype(object if self.dtype == "string" else self.dtype)
        if np.dtype(object) in (dtype, values.dtype) and dtype != values.dtype:
            raise InvalidInputError(f"cannot cast {values.dtype} to {self.dtype}")
        if dtype == np.int64:
            return truncated(values)
        with np.errstate(invalid="ignore", over="ignore"):
            return values.astype(dtype)


class Columns(BaseStep):
    """Columns of a tensor, as ``x[:, start:stop]`` takes them."""

    layer: Literal["Columns"] = "Columns"
    start: int = Field(ge=0)
    stop: int = Field(gt=0)

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The columns from ``start`` until before ``stop``."""
        (values,) = arrays
        if values.ndim < 2 or values.shape[1] < self.stop:  # noqa: PLR2004 - rows and columns
            raise InvalidInputError(
                f"expected {self.stop} columns or more, found the shape {list(values.shape)}"
            )
        return values[:, self.start : self.stop]


def _reshaped(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    try:
        return values.reshape(shape)
    except ValueError as error:
        raise InvalidInputError(
            f"cannot give values of the shape {list(values.shape)} the shape {list(shape)}"
        ) from error
