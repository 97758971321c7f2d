"""Keras' layers that take numbers: categories, bins and scales."""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr, model_validator

from inference.errors import InvalidInputError
from inference.preprocessing.categories import encode
from inference.preprocessing.step import (
    BaseStep,
    FloatType,
    NumberType,
    Refused,
    require_numbers,
    rounded,
    truncated,
)

_EPSILON = 1e-7  # Keras' own, by which no deviation is less


class CategoryEncoding(BaseStep):
    """Whole numbers below ``num_tokens`` as one-hot, multi-hot or counts."""

    layer: Literal["CategoryEncoding"] = "CategoryEncoding"
    num_tokens: int = Field(gt=0)
    output_mode: Literal["one_hot", "multi_hot", "count"] = "multi_hot"
    sparse: Refused = False
    dtype: FloatType = "float32"

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """One vector for each number or each row. Keras 2 refuses what is no category."""
        (values,) = arrays
        require_numbers(values)
        numbers = truncated(values)
        if self.is_legacy and ((numbers < 0) | (numbers >= self.num_tokens)).any():
            raise InvalidInputError(f"expected categories from 0 to {self.num_tokens - 1}")
        return encode(numbers, self.output_mode, self.num_tokens, self.dtype, legacy=self.is_legacy)


class Discretization(BaseStep):
    """Numbers into the bins between boundaries; a boundary belongs to the bin above it."""

    layer: Literal["Discretization"] = "Discretization"
    bin_boundaries: list[float] = Field(min_length=1)  # of an adapted layer: its attribute
    output_mode: Literal["int", "one_hot", "multi_hot", "count"] = "int"
    sparse: Refused = False
    dtype: NumberType | None = None  # None: Keras' default
    _boundaries: NDArray[np.float32] = PrivateAttr()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        self._boundaries = rounded(np.array(self.bin_boundaries), "float32")
        if not (np.diff(self._boundaries) >= 0).all():
            raise ValueError("bin_boundaries: are not sorted")
        return self

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The bin of each number, or what the output mode makes of the bins."""
        (values,) = arrays
        require_numbers(values)
        # Keras 3 rounds every number to 32 bits; Keras 2 does where the output has floats.
        exact = self.is_legacy and self.output_mode == "int" and values.dtype == np.float64
        values = rounded(values, "float64" if exact else "float32")
        bins = np.searchsorted(self._boundaries, values, side="right")
        depth = len(self.bin_boundaries) + 1
        return encode(bins, self.output_mode, depth, self._dtype, legacy=self.is_legacy)

    @property
    def _dtype(self) -> str:
        if self.output_mode != "int":
            return self.dtype or "float32"
        whole = self.dtype if self.dtype in ("int32", "int64") else "int64"
        return whole if self.is_legacy else "int32"


class Normalization(BaseStep):
    """Numbers less their mean, divided by their deviation; or back."""

    layer: Literal["Normalization"] = "Normalization"
    axis: int | tuple[int, ...] | None = -1
    mean: float | list[Any]  # of an adapted layer: `layer.adapt_mean`; lists may be nested
    variance: float | list[Any]
    invert: bool = False
    dtype: FloatType = "float32"
    _mean: NDArray[Any] = PrivateAttr()
    _deviation: NDArray[Any] = PrivateAttr()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        self._mean = np.array(self.mean, self.dtype)
        variance = np.array(self.variance, self.dtype)
        if self._mean.shape != variance.shape:
            raise ValueError("mean: has another shape than variance")
        if not self._mean.size:
            raise ValueError("mean: is empty")
        if self._mean.ndim > len(self._axes):
            raise ValueError("mean: has more dimensions than axis names")
        with np.errstate(invalid="ignore"):  # of a negative variance, as Keras
            self._deviation = np.maximum(np.sqrt(variance), np.array(_EPSILON, self.dtype))
        return self

    @property
    def _axes(self) -> tuple[int, ...]:
        if self.axis is None:
            return ()
        return (self.axis,) if isinstance(self.axis, int) else self.axis

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The numbers on their other scale."""
        (values,) = arrays
        require_numbers(values)
        values = rounded(values, self.dtype)
        mean, deviation = self._along(self._mean, values), self._along(self._deviation, values)
        with np.errstate(all="ignore"):  # infinite and missing values stay what they are
            scaled: NDArray[Any] = (
                mean + values * deviation if self.invert else (values - mean) / deviation
            )
        return scaled

    def _along(self, statistic: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
        """Mean or deviation in a shape that spreads over the values."""
        dimensions = values.ndim
        try:
            kept = sorted(range(dimensions)[axis] for axis in self._axes)
            spread = np.broadcast_to(statistic, [values.shape[axis] for axis in kept])
        except (IndexError, ValueError) as error:
            raise InvalidInputError(
                f"values of the shape {list(values.shape)} do not fit the layer's statistics of "
                f"the shape {list(statistic.shape)}"
            ) from error
        return spread.reshape([values.shape[d] if d in kept else 1 for d in range(dimensions)])


class Rescaling(BaseStep):
    """Numbers times a scale, plus an offset."""

    layer: Literal["Rescaling"] = "Rescaling"
    scale: float | list[float]  # a list: one for each place of the last dimension
    offset: float | list[float] = 0.0
    dtype: FloatType = "float32"

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The numbers on their other scale."""
        (values,) = arrays
        require_numbers(values)
        scaled = rounded(values, self.dtype) * np.array(self.scale, self.dtype)
        answer: NDArray[Any] = scaled + np.array(self.offset, self.dtype)
        return answer
