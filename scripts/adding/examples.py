"""A user's files about the data: real rows as JSON or CSV, and the names of the classes."""

import csv
import json
from pathlib import Path
from typing import Any

from inference.errors import InvalidInputError
from inference.rows import from_rows
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import Json
from scripts.adding.sources import SourceError

_MAX_ROWS = 32  # all of them are kept in the golden file


def read_examples(path: Path, signature: Signature) -> Tensors:
    """The first rows of a JSON or CSV file. Fields that are no inputs are ignored.

    JSON is a list of rows (see ``inference.rows``), or ``{"instances": [row, …]}``. CSV has a
    column for each input, by name; for a model with one input, it may have a column for each value.

    Raises :class:`SourceError` in one line.
    """
    expected = ", ".join(f"{n} {s.dtype}{list(s.shape)}" for n, s in signature.inputs.items())
    if not signature.inputs or not all(spec.shape for spec in signature.inputs.values()):
        raise SourceError(
            f"{path.name} holds rows, but the model takes none: its inputs are ({expected}), "
            "and every input needs a first dimension for the rows; leave --examples out"
        )
    try:
        text = path.read_text("utf-8-sig")
        rows = _from_csv(text, signature) if path.suffix == ".csv" else _from_json(text)
        if not rows:
            raise SourceError(f"{path.name} holds no rows")
        inputs = from_rows([_only_inputs(row, signature) for row in rows[:_MAX_ROWS]], signature)
        signature.check(inputs)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}") from error
    except (ValueError, csv.Error, InvalidInputError) as error:
        raise SourceError(
            f"{path.name} does not fit the model's inputs {expected}: {error}"
        ) from error
    return inputs


def _from_json(text: str) -> list[Json]:
    content = json.loads(text)
    rows = content.get("instances") if isinstance(content, dict) else content
    if not isinstance(rows, list):
        raise InvalidInputError('expected a list of rows, or {"instances": [row, …]}')
    return rows


def _only_inputs(row: Json, signature: Signature) -> Json:
    if not isinstance(row, dict) or row.keys() == {"b64"}:
        return row
    return {name: value for name, value in row.items() if name in signature.inputs}


def _from_csv(text: str, signature: Signature) -> list[Json]:
    lines = [line for line in csv.reader(text.splitlines()) if line]
    if not lines:
        return []
    header = [cell.strip() for cell in lines[0]]
    for number, line in enumerate(lines, start=1):
        if len(line) != len(header):
            raise InvalidInputError(
                f"line {number} has {len(line)} cells, the first line has {len(header)}"
            )
    if set(signature.inputs) <= set(header):
        return [_named_row(dict(zip(header, line, strict=True)), signature) for line in lines[1:]]
    if len(signature.inputs) > 1:
        raise InvalidInputError(f"the first line must name the inputs {sorted(signature.inputs)}")
    (spec,) = signature.inputs.values()
    body = lines if all(_is_number(cell) for cell in header) else lines[1:]
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


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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
    classes = {array.shape[-1] for array in outputs.values() if array.ndim}
    if names and len(names) not in classes:
        expected = f"a model of {max(classes)} classes" if classes else "a model without classes"
        raise SourceError(f"{len(names)} labels for {expected}")
    return names
