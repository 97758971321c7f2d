"""A user's files about the data: real rows as JSON, CSV or a picture, and the classes' names."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inference.errors import InvalidInputError, TooLargeError
from inference.inputs import Input
from inference.inputs.cells import Cell
from inference.inputs.images import ImageInput
from inference.inputs.rows import from_values, names_of
from inference.limits import Limits
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import Json
from scripts.adding.early import is_number
from scripts.adding.sources import SourceError

_MAX_ROWS = 32  # all of them are kept in the golden file
_MOST = 2**31 - 1
_BINARY = 2  # labels of one probability
_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}


@dataclass(frozen=True)
class _Described:
    """What :func:`inference.inputs.rows.from_values` asks of a model; nothing is limited yet."""

    signature: Signature
    inputs: Mapping[str, Input]
    limits: Limits = field(default=Limits(_MOST, _MOST, _MOST))


def read_examples(path: Path, signature: Signature, declared: Mapping[str, Input]) -> Tensors:
    """The first rows of a JSON or CSV file, or a picture. Fields that are no inputs are ignored.

    JSON is a list of rows (see ``inference.inputs.rows``), or ``{"instances": [row, …]}``. CSV has
    a column for each input or each column of a declared table, by name; for a model with one input,
    it may have a column for each value.

    Raises :class:`SourceError` in one line.
    """
    expected = ", ".join(f"{n} {s.dtype}{list(s.shape)}" for n, s in signature.inputs.items())
    if not signature.inputs or not all(spec.shape for spec in signature.inputs.values()):
        raise SourceError(
            f"{path.name} holds rows, but the model takes none: its inputs are ({expected}), "
            "and every input needs a first dimension for the rows; leave --examples out"
        )
    model = _Described(signature, declared)
    try:
        rows = _read_rows(path, model)
        if not rows:
            raise SourceError(f"{path.name} holds no rows")
        inputs = from_values([_only_inputs(row, model) for row in rows[:_MAX_ROWS]], model)
        signature.check(inputs)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}") from error
    except (ValueError, csv.Error, InvalidInputError, TooLargeError) as error:
        raise SourceError(
            f"{path.name} does not fit the model's inputs {expected}: {error}"
        ) from error
    return inputs


def _read_rows(path: Path, model: _Described) -> list[Json]:
    images = [name for name, given in model.inputs.items() if isinstance(given, ImageInput)]
    if path.suffix.lower() in _PICTURES and len(images) == len(model.signature.inputs) == 1:
        return [path.read_bytes()]
    text = path.read_text("utf-8-sig")
    return _from_csv(text, model) if path.suffix.lower() == ".csv" else _from_json(text)


def _from_json(text: str) -> list[Json]:
    content = json.loads(text)
    rows = content.get("instances") if isinstance(content, dict) else content
    if not isinstance(rows, list):
        raise InvalidInputError('expected a list of rows, or {"instances": [row, …]}')
    return rows


def _only_inputs(row: Json, model: _Described) -> Json:
    if not isinstance(row, dict) or row.keys() == {"b64"}:
        return row
    known = {*model.signature.inputs, *names_of(model)}
    return {name: value for name, value in row.items() if name in known}


def _from_csv(text: str, model: _Described) -> list[Json]:
    signature = model.signature
    lines = [line for line in csv.reader(text.splitlines()) if line]
    if not lines:
        return []
    header = [cell.strip() for cell in lines[0]]
    for number, line in enumerate(lines, start=1):
        if len(line) != len(header):
            raise InvalidInputError(
                f"line {number} has {len(line)} cells, the first line has {len(header)}"
            )
    if model.inputs and set(names_of(model)) <= set(header):
        return [dict(zip(header, map(Cell, line), strict=True)) for line in lines[1:]]
    if set(signature.inputs) <= set(header):
        return [_named_row(dict(zip(header, line, strict=True)), signature) for line in lines[1:]]
    if len(signature.inputs) > 1:
        raise InvalidInputError(f"the first line must name the inputs {sorted(signature.inputs)}")
    (spec,) = signature.inputs.values()
    body = lines if all(is_number(cell) for cell in header) else lines[1:]
    return [[_value(cell, spec) for cell in line] for line in body]


def _named_row(cells: dict[str, str], signature: Signature) -> dict[str, Json]:
    """A value for each input. A cell is one value, also of a tensor with more dimensions."""
    row: dict[str, Json] = {}
    for name, spec in signature.inputs.items():
        value = _value(cells[name], spec)
        for _ in spec.shape[1:]:
            value = [value]
        row[name] = value
    return row


def _value(cell: str, spec: TensorSpec) -> Json:
    if spec.dtype == "string":
        return cell
    try:
        return json.loads(cell.strip().lower())  # `True` and `1E3` are written in both cases
    except ValueError as error:
        raise InvalidInputError(f"the cell '{cell[:40]}' is not a number") from error


def read_labels(path: Path, outputs: Tensors) -> list[str]:
    """Class names, a line each or a JSON list; as many as the last dimension of an output.

    Raises :class:`SourceError` in one line.
    """
    try:
        text = path.read_text("utf-8-sig")
        labels: list[Any] = json.loads(text) if text.lstrip().startswith("[") else text.splitlines()
    except (OSError, ValueError) as error:
        raise SourceError(f"{path.name} holds no list of labels: {error}") from error
    if not all(isinstance(label, str) for label in labels):
        raise SourceError(f"{path.name}: every label must be text")
    names = [label.strip() for label in labels if label.strip()]
    classes = {array.shape[-1] if array.ndim > 1 else 1 for array in outputs.values() if array.ndim}
    is_binary = len(names) == _BINARY and 1 in classes
    if names and len(names) not in classes and not is_binary:
        expected = f"a model of {max(classes)} classes" if classes else "a model without classes"
        raise SourceError(f"{len(names)} labels for {expected}")
    return names
