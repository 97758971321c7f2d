"""Tables: values by the names of their columns, as in a CSV file or a data frame."""

import re
from functools import cached_property
from itertools import islice
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Required

from inference.errors import MOST_PLACES, InvalidInputError, Place
from inference.inputs import cells
from inference.inputs.cells import Field, Json, Schema, WrongValueError, known, shown
from inference.signatures import TensorSpec


class Column(BaseModel):
    """A column of a table, and how its values are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Required(min_length=1)
    categories: list[str] = []  # their places are the numbers that the tensor takes
    # What stands for an empty cell or null: a number, a category, a text; "nan" for a float.
    missing: int | float | str | None = None

    @model_validator(mode="after")
    def _has_distinct_categories(self) -> Self:
        cells.require_distinct(self.categories, "the category")
        return self

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.categories)}

    def is_scalar(self, value: Json) -> bool:
        """Whether it is written as a person does. A number that names no category is a place."""
        if isinstance(value, list | dict | bytes):
            return False
        is_number = isinstance(value, int | float) and not cells.is_empty(value, number=True)
        return not (self.categories and is_number and _as_category(value) not in self._places)

    def value_of(self, value: Json, spec: TensorSpec) -> Any:  # noqa: ANN401 - as the dtype is
        """What the array takes. Raises :class:`WrongValueError`."""
        if self._stands_for_missing(value, spec):
            return self._missing_value(spec)
        if self.categories:
            return self._place_of(value)
        return cells.read(value, spec)

    def _stands_for_missing(self, value: Json, spec: TensorSpec) -> bool:
        if spec.dtype == "string" and self.missing is None and isinstance(value, str):
            return False  # an empty text is a text
        if self.categories and isinstance(value, str) and value in self._places:
            return False
        return cells.is_empty(value, number=spec.dtype != "string" and not self.categories)

    def _missing_value(self, spec: TensorSpec) -> Any:  # noqa: ANN401
        if self.missing is None:
            message = "is missing, and the model's metadata.json does not say what stands for it"
            raise WrongValueError(message, "missing")
        if isinstance(self.missing, str) and self.missing in self._places:
            return self._places[self.missing]
        if _is_nan(self.missing) and spec.numpy_dtype.kind == "f":
            return float("nan")
        if isinstance(self.missing, float) and self.missing.is_integer():
            return cells.read(int(self.missing), spec)  # somebody may declare 1.0 for integers
        return cells.read(self.missing, spec)

    def _place_of(self, value: Json) -> int:
        text = _as_category(value)
        place = self._places.get(text)
        if place is None and isinstance(value, cells.Cell):
            place = self._places.get(text.strip())
        if place is None:
            raise WrongValueError(
                f"has no such category; it has {known(self.categories, text)}",
                "unknown_category",
            )
        return place

    def check_values(self, spec: TensorSpec, what: str) -> None:
        """Raise ``ValueError`` if the tensor cannot take the categories, or ``missing``."""
        if self.categories:
            if spec.numpy_dtype.kind not in "iuf":
                raise ValueError(
                    f"{what} cannot have categories: the tensor is {spec.dtype}, and a category is "
                    "given to a model as a number"
                )
            if len(self.categories) > _most_counted(spec.numpy_dtype):
                raise ValueError(f"{what} has more categories than {spec.dtype} can count")
        if self.missing is not None:
            try:
                self._missing_value(spec)
            except WrongValueError as error:
                raise ValueError(f"'missing' of {what} {error}") from error

    def value_schema(self, spec: TensorSpec) -> Schema:
        """JSON Schema of one value."""
        schema: Schema = {"enum": self._written()} if self.categories else cells.schema_of(spec)
        return schema if self.missing is None else {"anyOf": [schema, {"enum": [None, ""]}]}

    def _written(self) -> list[Json]:
        """The categories, those that look like integers also as such."""
        whole = (name for name in self.categories if re.fullmatch(r"0|-?[1-9][0-9]{0,14}", name))
        return [*self.categories, *map(int, whole)]


def _is_nan(value: float | str) -> bool:
    return value != value or (isinstance(value, str) and value.casefold() == "nan")  # noqa: PLR0124


def _most_counted(dtype: np.dtype[Any]) -> int:
    """How many whole numbers from 0 on the dtype tells apart."""
    if dtype.kind == "f":
        return int(2 ** (np.finfo(dtype).nmant + 1))
    return int(np.iinfo(dtype).max) + 1


def _as_category(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # JSON does not tell 1.0 from 1
    return str(value)


class ColumnInput(BaseModel):
    """A tensor of shape (-1,) or (-1, 1): one value for each row, in a column of its name.

    ``categories`` and ``missing`` are those of :class:`Column`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["column"] = "column"
    categories: list[str] = []
    missing: int | float | str | None = None

    @model_validator(mode="after")
    def _has_distinct_categories(self) -> Self:
        cells.require_distinct(self.categories, "the category")
        return self

    @cached_property
    def _column(self) -> Column:
        return Column(name="value", categories=self.categories, missing=self.missing)

    def check(self, spec: TensorSpec, name: str) -> None:
        """Raise ``ValueError`` if the tensor is no such column."""
        if not cells.is_scalar_row(spec):
            raise ValueError(
                f"input '{name}' cannot be a column: it is {spec.dtype}{list(spec.shape)}, and a "
                "column needs the shape [-1] or [-1, 1]; declare a table or a sequence"
            )
        self._column.check_values(spec, f"input '{name}'")

    def is_declared_form(self, value: Json) -> bool:
        """Whether it is one value and not the tensor's own form."""
        return self._column.is_scalar(value)

    def decode(self, value: Json, spec: TensorSpec, name: str, field: Field) -> NDArray[Any]:
        """One row of the tensor. Raises :class:`InvalidInputError`."""
        try:
            content = self._column.value_of(value, spec)
        except WrongValueError as error:
            message = f"'{name}' {error}"
            raise InvalidInputError(message, [Place(field(()), message, error.kind)]) from error
        row = np.empty(spec.shape[1:], spec.numpy_dtype)
        row.fill(content)
        return row

    def json_schema(self, spec: TensorSpec) -> Schema:
        """JSON Schema of one value."""
        return self._column.value_schema(spec)


class TableInput(BaseModel):
    """A tensor of shape (-1, n) whose n values have names: an object for each row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["table"] = "table"
    columns: list[Column] = Required(min_length=1)

    @model_validator(mode="after")
    def _has_distinct_names(self) -> Self:
        cells.require_distinct((column.name for column in self.columns), "the column")
        return self

    @cached_property
    def names(self) -> dict[str, None]:
        """The columns' names, in their order."""
        return dict.fromkeys(column.name for column in self.columns)

    def check(self, spec: TensorSpec, name: str) -> None:
        """Raise ``ValueError`` if the tensor has other columns."""
        if spec.shape not in ((-1, len(self.columns)), (-1, -1)):
            raise ValueError(
                f"input '{name}' cannot be a table of {len(self.columns)} columns: it is "
                f"{spec.dtype}{list(spec.shape)}"
            )
        for column in self.columns:
            column.check_values(spec, f"column {shown(column.name)} of input '{name}'")

    def is_declared_form(self, value: Json) -> bool:
        """Whether it is an object by column and not the tensor's own form."""
        return isinstance(value, dict)

    def decode(self, value: Json, spec: TensorSpec, name: str, field: Field) -> NDArray[Any]:
        """One row of the tensor. Raises :class:`InvalidInputError` with every wrong column."""
        if not isinstance(value, dict):
            message = f"'{name}' takes an object with a value for each column"
            raise InvalidInputError(message, [Place(field(()), message, "wrong_type")])
        row = np.empty(len(self.columns), spec.numpy_dtype)
        places = [
            Place(
                field(()),
                f"'{name}' has no such column; it has {known(self.names, other)}",
                "unknown_name",
            )
            for other in islice((name for name in value if name not in self.names), MOST_PLACES)
        ]
        for number, column in enumerate(self.columns):
            try:
                row[number] = column.value_of(value.get(column.name), spec)
            except WrongValueError as error:
                message = f"column {shown(column.name)} {error}"
                places.append(Place(field((column.name,)), message, error.kind))
        if places:
            raise InvalidInputError(places[0].message, places[:MOST_PLACES])
        return row

    def json_schema(self, spec: TensorSpec) -> Schema:
        """JSON Schema of an object with a value for each column."""
        return {
            "type": "object",
            "properties": {column.name: column.value_schema(spec) for column in self.columns},
            "required": [column.name for column in self.columns if column.missing is None],
            "additionalProperties": False,
        }
