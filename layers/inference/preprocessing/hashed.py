"""Keras' ``Hashing`` and ``HashedCrossing``."""

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from inference.errors import InvalidInputError
from inference.preprocessing.buckets import Salt, buckets, decimals
from inference.preprocessing.categories import encode
from inference.preprocessing.farmhash import as_uint64, concatenate, fingerprint64
from inference.preprocessing.step import (
    BaseStep,
    NumberType,
    Refused,
    require_numbers,
    truncated,
)

_CROSSING_KEY = 0xDECAFCAFFE  # with which TensorFlow begins, where no other is given


class _BinsStep(BaseStep):
    num_bins: int = Field(gt=0, lt=2**63)
    sparse: Refused = False
    dtype: NumberType | None = None  # of the output; None: Keras' default
    output_mode: Literal["int", "one_hot", "multi_hot", "count"] = "int"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.output_mode == "int" and self.dtype in ("float32", "float64"):
            raise ValueError(f"dtype: {self.dtype} is not computed for the output mode int")
        return self

    def _encoded(self, bins: NDArray[np.int64]) -> NDArray[Any]:
        dtype = self.dtype or ("int64" if self.output_mode == "int" else "float32")
        return encode(bins, self.output_mode, self.num_bins, dtype, legacy=self.is_legacy)


class Hashing(_BinsStep):
    """Strings or whole numbers into bins, by their hash."""

    layer: Literal["Hashing"] = "Hashing"
    mask_value: int | str | None = None
    salt: Salt = None

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The bin of each value, or what the output mode makes of the bins."""
        (values,) = arrays
        if not self.is_legacy and self.output_mode == "one_hot" and values.ndim > 1:
            values = values[..., 0] if values.shape[-1] == 1 else values
        strings = self._strings(values)
        if self.mask_value is None or self.num_bins == 1:
            return self._encoded(buckets(strings, self.num_bins, self.salt))
        masked = values == self._mask(values)
        bins = buckets(strings, self.num_bins - 1, self.salt) + 1
        return self._encoded(np.where(masked, 0, bins))

    def _strings(self, values: NDArray[Any]) -> NDArray[Any]:
        if values.dtype == np.dtype(object):
            return values
        require_numbers(values, floats=not self.is_legacy)
        return decimals(truncated(values) if values.dtype.kind == "f" else values)

    def _mask(self, values: NDArray[Any]) -> int | bytes:
        mask = self.mask_value.encode() if isinstance(self.mask_value, str) else self.mask_value
        if mask is None or isinstance(mask, bytes) != (values.dtype == np.dtype(object)):
            raise InvalidInputError(f"the mask value {mask!r} is of another kind than the values")
        return mask


class HashedCrossing(_BinsStep):
    """Two or more categories of a row into one bin, by their common hash."""

    layer: Literal["HashedCrossing"] = "HashedCrossing"
    fewest_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int] = 1000
    output_mode: Literal["int", "one_hot"] = "int"

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The bin of each row, or one vector for it."""
        shape = arrays[0].shape
        if any(array.shape != shape for array in arrays) or shape[1:] not in ((), (1,)):
            raise InvalidInputError(
                f"expected one value in a row of each input, found the shapes "
                f"{[list(array.shape) for array in arrays]}"
            )
        hashed = np.full(shape, _CROSSING_KEY, np.uint64)
        for array in arrays:
            hashed = concatenate(hashed, _features(array))
        bins = (hashed % np.uint64(self.num_bins)).astype(np.int64)
        return self._encoded(bins)


def _features(values: NDArray[Any]) -> NDArray[np.uint64]:
    """A whole number stands for itself, a string by its hash."""
    if values.dtype != np.dtype(object):
        require_numbers(values, floats=False)
        return as_uint64(values)
    hashes = np.fromiter(map(fingerprint64, values.reshape(-1)), np.uint64, values.size)
    return hashes.reshape(values.shape)
