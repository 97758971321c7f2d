"""What every step of a preprocessing has: the layer that it stands for, and its tensors."""

from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from inference.errors import InvalidInputError, TooLargeError

MOST_VALUES = 2**25  # of one tensor that a step makes: 268 MB of 64-bit numbers
FloatType = Literal["float32", "float64"]
NumberType = Literal["int32", "int64", "float32", "float64"]
Refused = Literal[False]  # an option of Keras that is not computed here
_STRING = np.dtype(object)


class BaseStep(BaseModel):
    """One Keras layer. The other fields of a step are the layer's own configuration.

    A configuration that is not computed exactly is refused when the step is made: with a
    ``ValueError`` that names the option. The model then stays with TensorFlow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    fewest_inputs: ClassVar[int] = 1
    most_inputs: ClassVar[int] = 1

    inputs: Annotated[list[str], Field(min_length=1)]  # names of tensors, in the order of the call
    output: str  # the name of the tensor that the step makes
    keras: Literal[2, 3] = 3  # 2 is `tf_keras`: some layers answer differently there

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """What the layer answers to these inputs. Raises :class:`InvalidInputError`."""
        raise NotImplementedError

    @property
    def is_legacy(self) -> bool:
        """Whether Keras 2 made the layer."""
        return self.keras == 2  # noqa: PLR2004

    @model_validator(mode="after")
    def _has_its_inputs(self) -> Self:
        if not self.fewest_inputs <= len(self.inputs) <= self.most_inputs:
            raise ValueError(
                f"inputs: {len(self.inputs)} tensors, expected {self.fewest_inputs}"
                + (f" to {self.most_inputs}" if self.most_inputs > self.fewest_inputs else "")
            )
        return self


def require_possible(shape: tuple[int, ...]) -> None:
    """Raise :class:`TooLargeError` for a tensor that would fill the memory."""
    if np.prod(shape, dtype=float) > MOST_VALUES:
        raise TooLargeError(
            f"the texts or categories make a tensor of {list(shape)} values; {MOST_VALUES} values "
            "are the most: send fewer rows, or shorter texts"
        )


def require_strings(array: NDArray[Any]) -> None:
    """Raise :class:`InvalidInputError` unless the array holds strings."""
    if array.dtype != _STRING:
        raise InvalidInputError(f"expected strings, found {array.dtype}")


def require_numbers(array: NDArray[Any], *, floats: bool = True) -> None:
    """Raise :class:`InvalidInputError` unless the array holds numbers."""
    if array.dtype.kind not in ("iuf" if floats else "iu"):
        raise InvalidInputError(
            f"expected {'numbers' if floats else 'whole numbers'}, "
            f"found {'strings' if array.dtype == _STRING else array.dtype}"
        )


def truncated(array: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers as 64-bit whole numbers, as TensorFlow casts them; what does not fit is arbitrary."""
    with np.errstate(invalid="ignore"):
        return array.astype(np.int64)


def rounded(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Numbers as floats: what is too large is infinite, and what is subnormal is 0.

    TensorFlow computes with processors set to take subnormal numbers for 0.
    """
    with np.errstate(over="ignore"):
        floats = array.astype(dtype)
    floats[np.abs(floats) < np.finfo(dtype).tiny] = 0
    return floats
