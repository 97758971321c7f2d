"""Sequences: lists of numbers, such as time series, padded or cut only where it is declared."""

import math
from typing import Any, Literal

import numpy as np
import pydantic_core
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, FiniteFloat
from pydantic import Field as Bounded

from inference.errors import InvalidInputError, Place
from inference.inputs.cells import (
    Cell,
    Field,
    Json,
    Schema,
    WrongValueError,
    number_of,
    number_schema,
)
from inference.signatures import TensorSpec
from inference.tensors import from_json

_LEAST_DIMENSIONS = 2  # rows and steps


class SequenceInput(BaseModel):
    """A tensor (-1, steps) or (-1, steps, …). Sequences are padded and cut on the right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sequence"] = "sequence"
    length: int | None = Bounded(default=None, gt=0)  # None: that of the tensor
    short: Literal["refuse", "pad"] = "refuse"
    long: Literal["refuse", "cut"] = "refuse"
    padding: FiniteFloat = 0

    def check(self, spec: TensorSpec, name: str) -> None:
        """Raise ``ValueError`` if the tensor takes no such sequences."""
        what = f"input '{name}' is {spec.dtype}{list(spec.shape)}"
        if len(spec.shape) < _LEAST_DIMENSIONS or spec.shape[0] != -1:
            raise ValueError(f"{what}; a sequence needs the shape [-1, steps] or [-1, steps, …]")
        if spec.numpy_dtype.kind not in "iuf":
            raise ValueError(f"{what}; a sequence has numbers")
        if self.length and spec.shape[1] not in (-1, self.length):
            raise ValueError(f"{what}, so that a sequence cannot have the length {self.length}")
        if self._steps(spec) is None and (self.short, self.long) != ("refuse", "refuse"):
            raise ValueError(f"{what}; say the length to which sequences are padded or cut")
        if self.short == "pad":
            if min(spec.shape[2:], default=0) < 0:
                raise ValueError(f"{what}; a sequence of steps of any size cannot be padded")
            try:
                self._padding(spec)
            except WrongValueError as error:
                raise ValueError(f"'padding' of input '{name}' {error}") from error

    def _steps(self, spec: TensorSpec) -> int | None:
        return self.length or (spec.shape[1] if spec.shape[1] >= 0 else None)

    def _padding(self, spec: TensorSpec) -> float:
        padding = int(self.padding) if float(self.padding).is_integer() else self.padding
        return number_of(padding, spec)

    def is_declared_form(self, value: Json) -> bool:
        """Whether it is a list, which is also the tensor's own form."""
        return isinstance(value, list | Cell)

    def decode(self, value: Json, spec: TensorSpec, name: str, field: Field) -> NDArray[Any]:
        """One row of the tensor. Raises :class:`InvalidInputError`."""
        if isinstance(value, Cell):
            value = _list_in(value)
        if not isinstance(value, list):
            raise _error(f"'{name}' takes a list of numbers, such as [1, 2.5]", field)
        row = from_json(value, spec, name, field)
        sizes = spec.shape[2:]
        if sizes == (1,) and row.ndim == 1:
            row = row[:, np.newaxis]  # a series of one value at each step
        if not row.size:
            row = row.reshape(0, *[max(size, 0) for size in sizes])
        if not TensorSpec(dtype=spec.dtype, shape=(-1, *sizes)).accepts(row.shape):
            raise _error(f"'{name}' takes {_steps_of(sizes)}, found {_form_of(row.shape)}", field)
        steps = self._steps(spec)
        if steps is None or len(row) == steps:
            return row
        if len(row) > steps and self.long == "cut":
            return row[:steps]
        if len(row) < steps and self.short == "pad":
            padded = np.full((steps, *row.shape[1:]), self._padding(spec), row.dtype)
            padded[: len(row)] = row
            return padded
        raise _error(f"'{name}' takes a sequence of {steps} steps, found {len(row)}", field)

    def json_schema(self, spec: TensorSpec) -> Schema:
        """JSON Schema of a sequence."""
        step: Schema = number_schema(spec)
        for size in reversed(spec.shape[2:]):
            step = {"type": "array", "items": step}
            step |= {"minItems": size, "maxItems": size} if size >= 0 else {}
        if spec.shape[2:] == (1,):
            step = {"anyOf": [step["items"], step]}
        schema: Schema = {"type": "array", "items": step}
        steps = self._steps(spec)
        if steps is not None:
            schema |= {"minItems": steps} if self.short == "refuse" else {}
            schema |= {"maxItems": steps} if self.long == "refuse" else {}
        return schema


def _list_in(cell: Cell) -> Json:
    """A list in a cell of a CSV file, as pandas writes it: in JSON."""
    try:
        return pydantic_core.from_json(cell)
    except ValueError:
        return None


def _error(message: str, field: Field) -> InvalidInputError:
    return InvalidInputError(message, [Place(field(()), message, "wrong_type")])


def _steps_of(sizes: tuple[int, ...]) -> str:
    if not sizes:
        return "a list of numbers"
    free = "any number of" if min(sizes) < 0 else str(math.prod(sizes))
    return f"a list with {free} values at each step"


def _form_of(shape: tuple[int, ...]) -> str:
    return "one number" if not shape else f"lists of the sizes {list(shape)}"
