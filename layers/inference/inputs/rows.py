"""Rows as people write them: pictures, texts, tables and lists become tensors.

A row is an object with a value for each input, by name. The columns of a declared table may stand
in the object itself, ``{"age": 41, "job": "nurse"}``. For a model with one input, a row may be that
input's value alone. A value that has not the declared form is read as the tensor's raw form, which
:mod:`inference.rows` describes. A model without declarations takes nothing else.

Every declaration in this package has the methods of :class:`Declaration`.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from inference.errors import MOST_PLACES, InvalidInputError, Place
from inference.inputs.cells import Cell, Field, Json, is_scalar_row, known
from inference.inputs.tables import ColumnInput, TableInput
from inference.limits import Limits
from inference.rows import from_columns, from_rows
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import from_json

Path = tuple[str | int, ...]  # of a value within a row or a column


class Declaration(Protocol):
    """How one value that a person has becomes one row of a tensor."""

    def is_declared_form(self, value: Json) -> bool:
        """Whether the value is a person's, and not the tensor's raw form."""

    def decode(self, value: Json, spec: TensorSpec, name: str, field: Field) -> NDArray[Any]:
        """One row of the tensor. Raises ``InvalidInputError`` and ``TooLargeError``."""


class Described(Protocol):
    """What is known of a model, such as its :class:`inference.metadata.Metadata`."""

    @property
    def signature(self) -> Signature:
        """The default one."""

    @property
    def inputs(self) -> Mapping[str, Declaration]:
        """The declarations, by input."""

    @property
    def limits(self) -> Limits:
        """What one request may hold."""


def names_of(model: Described) -> list[str]:
    """What people name in a row: the inputs, and in the place of a table its columns."""
    names: list[str] = []
    for name in model.signature.inputs:
        declared = model.inputs.get(name)
        names += declared.names if isinstance(declared, TableInput) else [name]
    return names


def from_values(
    rows: object, metadata: Described, *, root: str = "rows", only_named: bool = False
) -> Tensors:
    """Arrays ``(batch, …)`` by input name, for the default signature.

    ``root`` names the list in an error's places. ``only_named`` refuses values without a name.

    Raises :class:`InvalidInputError`, and :class:`inference.errors.TooLargeError` before anything
    is decoded if the rows are more than the limits allow.
    """
    signature, declared = metadata.signature, metadata.inputs
    if not declared or not isinstance(rows, list) or not rows:
        return from_rows(rows, signature, metadata.limits, root=root, only_named=only_named)
    metadata.limits.require_rows(len(rows))
    _require_values(metadata, len(rows))
    names = _Names(metadata)
    named = [names.read(row, f"{root}.{n}", only_named=only_named) for n, row in enumerate(rows)]
    return {
        name: _decode_column(
            [row[name] for row in named],
            spec,
            declared.get(name),
            name,
            partial(_field, root, names.is_alone(rows, name), name),
        )
        for name, spec in signature.inputs.items()
    }


def from_value_columns(columns: Json, metadata: Described, root: str = "inputs") -> Tensors:
    """Arrays from a list of values for each input, by name; or from that of the only input.

    Raises what :func:`from_values` raises.
    """
    signature, declared = metadata.signature, metadata.inputs
    given = columns
    if not isinstance(given, dict) and len(signature.inputs) == 1:
        given = dict.fromkeys(signature.inputs, columns)
    if not isinstance(given, dict) or not any(
        _has_declared_form(given.get(name), declaration) for name, declaration in declared.items()
    ):
        return from_columns(columns, signature, root)
    if missing := signature.inputs.keys() - given.keys():
        raise InvalidInputError(f"Missing named input(s): {sorted(missing)}")
    rows = max(len(column) for column in given.values() if isinstance(column, list))
    metadata.limits.require_rows(rows)
    _require_values(metadata, rows)

    def field(name: str, index: Path) -> str:
        alone = () if isinstance(columns, list) else (name,)
        return ".".join(map(str, (root, *alone, *index)))

    return {
        name: _decode_column(
            given[name],
            spec,
            declared.get(name) if _has_declared_form(given[name], declared.get(name)) else None,
            name,
            partial(field, name),
        )
        for name, spec in signature.inputs.items()
    }


def decode_values(values: Sequence[Json], metadata: Described, name: str) -> NDArray[Any]:
    """One input's values, all in the declared form. Raises what :func:`from_values` raises."""
    metadata.limits.require_rows(len(values))
    _require_values(metadata, len(values))

    def field(index: Path) -> str:
        return ".".join(map(str, (name, *index)))

    spec = metadata.signature.inputs[name]
    return _decode_column(values, spec, metadata.inputs[name], name, field)


def _has_declared_form(column: Json, declaration: Declaration | None) -> bool:
    return (
        declaration is not None
        and isinstance(column, list)
        and any(declaration.is_declared_form(value) for value in column)
    )


def _require_values(metadata: Described, rows: int) -> None:
    """A picture of a few bytes becomes a tensor of a fixed size: that is counted before."""
    fixed = sum(
        math.prod(size for size in spec.shape[1:] if size > 0)
        for name, spec in metadata.signature.inputs.items()
        if name in metadata.inputs
    )
    metadata.limits.require_values(rows * fixed)


def _decode_column(
    values: Sequence[Json],
    spec: TensorSpec,
    declaration: Declaration | None,
    name: str,
    field: Field,
) -> NDArray[Any]:
    if declaration is None and is_scalar_row(spec) and any(isinstance(v, Cell) for v in values):
        declaration = ColumnInput()  # a cell is text, whatever it stands for
    if declaration is None or not any(map(declaration.is_declared_form, values)):
        return from_json(values, spec, name, field)
    rows: list[NDArray[Any]] = []
    wrong: list[InvalidInputError] = []
    for number, value in enumerate(values):
        place = partial(_below, field, number)
        try:
            if declaration.is_declared_form(value):
                rows.append(declaration.decode(value, spec, name, place))
            else:
                rows.append(_read_raw(value, spec, name, place))
        except InvalidInputError as error:
            wrong.append(error if error.places else _placed(error, place(())))
            if len(wrong) == MOST_PLACES:
                break
    if wrong:
        places = [found for error in wrong for found in error.places]
        raise InvalidInputError(wrong[0].message, places[:MOST_PLACES])
    if len({row.shape for row in rows}) > 1:
        first = rows[0].shape
        other = next(number for number, row in enumerate(rows) if row.shape != first)
        found = f"found the size {list(rows[other].shape)}, expected {list(first)} as the first one"
        raise InvalidInputError(
            f"the values of '{name}' differ in size", [Place(field((other,)), found, "ragged")]
        )
    return np.stack(rows)


def _read_raw(value: Json, spec: TensorSpec, name: str, field: Field) -> NDArray[Any]:
    one = from_json([value], spec, name, lambda index: field(index[1:]))
    return one.reshape(one.shape[1:])  # an array also where a row is one value


def _placed(error: InvalidInputError, place: str) -> InvalidInputError:
    return InvalidInputError(error.message, [Place(place, error.message, "invalid_value")])


def _below(field: Field, number: int, index: Path) -> str:
    return field((number, *index))


def _field(root: str, alone: bool, name: str, index: Path) -> str:  # noqa: FBT001
    """The place of a value: of the only input without its name, as the client wrote it."""
    named = () if alone else (name,)
    return ".".join(map(str, (root, *index[:1], *named, *index[1:])))


class _Names:
    """The names that a row of a model may have, and what it gives to each input."""

    def __init__(self, metadata: Described) -> None:
        self._declared = metadata.inputs
        self._inputs = tuple(metadata.signature.inputs)
        self._tables = {
            name: [column.name for column in declaration.columns]
            for name, declaration in metadata.inputs.items()
            if isinstance(declaration, TableInput)
        }
        self._shown = names_of(metadata)
        self._known = {*self._inputs, *self._shown}

    def is_alone(self, rows: Sequence[Json], name: str) -> bool:
        """Whether the rows hold the input's values without its name."""
        first = rows[0]
        if name in self._tables and isinstance(first, dict):
            return name not in first
        return len(self._inputs) == 1 and not (
            isinstance(first, dict) and (name in first or first.keys() != {"b64"})
        )

    def read(self, row: Json, place: str, *, only_named: bool) -> Mapping[str, Json]:
        """A value for each input. Raises :class:`InvalidInputError` that tells the names."""
        if not isinstance(row, dict) or (row.keys() == {"b64"} and not only_named):
            if only_named or len(self._inputs) != 1:
                raise InvalidInputError(
                    f"a row of a model with {len(self._inputs)} inputs is an object with "
                    f"{known(self._shown)}",
                    [Place(place, "expected an object", "wrong_type")],
                )
            return {self._inputs[0]: row}
        if unknown := [name for name in row if name not in self._known]:
            raise self._unknown(unknown[0], place)
        return {name: self._value(row, name, place) for name in self._inputs}

    def _value(self, row: Mapping[str, Json], name: str, place: str) -> Json:
        if name in row:
            return row[name]
        if name in self._tables:
            return {column: row[column] for column in self._tables[name] if column in row}
        declaration = self._declared.get(name)
        if isinstance(declaration, ColumnInput) and declaration.missing is not None:
            return None
        raise InvalidInputError(
            f"a row must have {known(self._shown)}", [Place(place, f"lacks '{name}'", "missing")]
        )

    def _unknown(self, name: str, place: str) -> InvalidInputError:
        return InvalidInputError(
            "a row has a name that is no input or column; the model has "
            f"{known(self._shown, name)}",
            [Place(place, "has an unknown name", "unknown_name")],
        )
