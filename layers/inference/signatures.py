"""Names, dtypes and shapes of what goes into a model and what comes out."""

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, field_serializer

from inference.errors import InvalidInputError

Tensors = Mapping[str, NDArray[Any]]
DType = Literal[
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "string",
]


class TensorSpec(BaseModel):
    """One tensor; a dimension of -1 is free. Strings are arrays of ``bytes`` objects."""

    model_config = ConfigDict(frozen=True)

    dtype: DType
    shape: tuple[int, ...]

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """What an array for this tensor is made of."""
        return np.dtype(object if self.dtype == "string" else self.dtype)

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape fits."""
        return len(shape) == len(self.shape) and all(
            size in (-1, actual) for size, actual in zip(self.shape, shape, strict=True)
        )


class FeatureSpec(BaseModel):
    """One feature of a ``tf.Example``, as ``tf.io.FixedLenFeature`` declares it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dtype: Literal["float32", "int64", "string"]  # the three kinds of values that there are
    shape: tuple[NonNegativeInt, ...]  # of one example
    required: bool = True
    # The numbers of an example without it. Those of text are in the graph, which then reads it.
    default: list[int] | list[float] = []

    @field_serializer("default", when_used="json")
    def _in_json(self, default: list[Any]) -> list[Any]:
        """JSON has no NaN and no infinity; their names are read as numbers again."""
        return [value if math.isfinite(value) else str(value) for value in default]

    @property
    def size(self) -> int:
        """How many values one example has."""
        return math.prod(self.shape)


PREDICT = "tensorflow/serving/predict"
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"


class Signature(BaseModel):
    """One way to call a model: its named inputs and outputs."""

    model_config = ConfigDict(frozen=True)

    inputs: dict[str, TensorSpec]
    outputs: dict[str, TensorSpec]
    # TensorFlow's name of what it is for. The usual one is not written to files.
    method: str = Field(default=PREDICT, exclude_if=lambda method: method == PREDICT)
    # By name, where its only input is of serialized `tf.Example` records and these are known.
    features: dict[str, FeatureSpec] = Field(default={}, exclude_if=lambda features: not features)

    def check(self, inputs: Tensors) -> None:
        """Raise :class:`InvalidInputError` unless names, dtypes and shapes are the signature's."""
        if inputs.keys() != self.inputs.keys():
            raise InvalidInputError(
                f"inputs are {sorted(inputs)}, the signature wants {sorted(self.inputs)}"
            )
        for name, spec in self.inputs.items():
            array = inputs[name]
            if array.dtype != spec.numpy_dtype or not spec.accepts(array.shape):
                raise InvalidInputError(
                    f"input '{name}' is {array.dtype}{list(array.shape)}, "
                    f"the signature wants {spec.dtype}{list(spec.shape)} (-1: any size)"
                )

        if self.takes_rows and len({len(array) for array in inputs.values()}) > 1:
            raise InvalidInputError("the inputs have different numbers of rows")

    @property
    def takes_rows(self) -> bool:
        """Whether every tensor begins with a free dimension, the batch."""
        tensors = [*self.inputs.values(), *self.outputs.values()]
        return all(tensor.shape[:1] == (-1,) for tensor in tensors)

    def rows(self, inputs: Tensors) -> int:
        """The size of the free first dimension, the batch; 1 where there is none."""
        batched = [name for name, spec in self.inputs.items() if spec.shape[:1] == (-1,)]
        return max((len(inputs[name]) for name in batched), default=1)

    def values(self, rows: int) -> int:
        """The fewest values that the outputs of ``rows`` rows hold; a free size counts as 1."""
        return sum(
            math.prod(
                (rows if place == 0 else 1) if size < 0 else size
                for place, size in enumerate(spec.shape)
            )
            for spec in self.outputs.values()
        )

    def empty_outputs(self) -> Tensors:
        """The outputs of an empty batch, which no engine can compute."""
        return {
            name: np.empty([max(size, 0) for size in spec.shape], spec.numpy_dtype)
            for name, spec in self.outputs.items()
        }
