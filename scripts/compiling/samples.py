"""Inputs to compare a compiled model with its original: random ones, and a user's real rows."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import InvalidInputError
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import from_json
from scripts.compiling.sources import SourceError

_BATCHES = (2, 1, 5)
# Free lengths and the range of integers, until the original takes them: an image model wants
# pixels, a vocabulary is as small as it is.
_LENGTHS = ((5, 9), (32, 48), (128, 160), (224, 256))
_HIGHEST = (1000, 100, 30, 10, 3, 2, 1)
_MOST_EXAMPLES = 32  # rows; the golden file keeps them
_WORDS = (b"good", b"dog", b"a cat", b"not seen before", b"")


def random_calls(
    signature: Signature, call: Callable[[Tensors], Tensors]
) -> list[tuple[Tensors, Tensors]]:
    """Inputs of several batch sizes and lengths with what the original answers.

    Raises :class:`SourceError` where the original takes none of them.
    """
    refusal: Exception | None = None
    for lengths, highest in _ranges(signature):
        random = np.random.default_rng(0)
        shapes = [(rows, lengths[rows % 2]) for rows in _BATCHES]
        sampled = [
            {name: _draw(spec, random, shape, highest) for name, spec in signature.inputs.items()}
            for shape in shapes
        ]
        try:
            return [(inputs, call(inputs)) for inputs in sampled]
        except Exception as error:  # noqa: BLE001 - whatever the original raises for these values
            refusal = error
    reason = str(refusal).strip().splitlines()[0][:200]
    raise SourceError(
        f"the model takes none of the random inputs ({reason}); give real rows with --examples"
    ) from refusal


def _ranges(signature: Signature) -> Iterator[tuple[tuple[int, int], int]]:
    specs = signature.inputs.values()
    free = any(-1 in spec.shape[1:] for spec in specs)
    integers = any(spec.numpy_dtype.kind in "iu" for spec in specs)
    for lengths in _LENGTHS if free else _LENGTHS[:1]:
        for highest in _HIGHEST if integers else _HIGHEST[:1]:
            yield lengths, highest


def _draw(
    spec: TensorSpec, random: np.random.Generator, rows_and_length: tuple[int, int], highest: int
) -> NDArray[Any]:
    rows, length = rows_and_length
    shape = [
        size if size >= 0 else (rows if place == 0 else length)
        for place, size in enumerate(spec.shape)
    ]
    if spec.dtype == "string":
        drawn: NDArray[Any] = np.array(_WORDS, object)[random.integers(0, len(_WORDS), shape)]
        return np.asarray(drawn, object)
    kind = spec.numpy_dtype.kind
    if kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    if kind in "iu":
        top = min(highest, int(np.iinfo(spec.numpy_dtype).max))
        return random.integers(0, top, shape).astype(spec.numpy_dtype)
    return random.normal(size=shape).round(3).astype(spec.numpy_dtype)


def read_examples(path: Path, signature: Signature) -> Tensors:
    """Rows from a JSON list (objects by input name, or bare values) or a CSV file.

    Raises :class:`SourceError` in one line.
    """
    try:
        text = path.read_text("utf-8-sig")
        rows = _from_csv(text, signature) if path.suffix == ".csv" else json.loads(text)
        if isinstance(rows, dict):
            rows = rows["instances"]
        if not isinstance(rows, list) or not rows:
            raise SourceError(f"{path.name} holds no rows")
        rows = rows[:_MOST_EXAMPLES]
        if not isinstance(rows[0], dict):
            (only,) = signature.inputs
            rows = [{only: row} for row in rows]
        inputs = {
            name: from_json([row[name] for row in rows], spec, name)
            for name, spec in signature.inputs.items()
        }
        signature.check(inputs)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, InvalidInputError) as error:
        raise SourceError(
            f"{path.name} does not fit the model's inputs {_wanted(signature)}: {error}"
        ) from error
    return inputs


def _from_csv(text: str, signature: Signature) -> list[Any]:
    """A column per input by its name, or, for one input, a column per value."""
    lines = [line for line in csv.reader(text.splitlines()) if line]
    header = [cell.strip() for cell in lines[0]]
    if set(signature.inputs) <= set(header):
        specs = signature.inputs
        return [
            {
                name: _cell(row[header.index(name)], spec, nested=len(spec.shape) > 1)
                for name, spec in specs.items()
            }
            for row in lines[1:]
        ]
    (spec,) = signature.inputs.values()
    body = lines if all(_is_number(cell) for cell in header) else lines[1:]
    return [[_cell(cell, spec, nested=False) for cell in row] for row in body]


def _cell(text: str, spec: TensorSpec, *, nested: bool) -> Any:
    """One value; a column of a tensor with further dimensions gives one value each."""
    value = text if spec.dtype == "string" else json.loads(text.strip().lower())
    for _ in spec.shape[1:] if nested else ():
        value = [value]
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _wanted(signature: Signature) -> str:
    return ", ".join(
        f"{name} {spec.dtype}{list(spec.shape)}" for name, spec in signature.inputs.items()
    )


def read_labels(path: Path) -> list[str]:
    """Class names: a line each, or a JSON list. Raises :class:`SourceError`."""
    try:
        text = path.read_text("utf-8-sig")
        labels = json.loads(text) if text.lstrip().startswith("[") else text.splitlines()
    except (OSError, ValueError) as error:
        raise SourceError(f"{path.name} holds no list of labels: {error}") from error
    if not all(isinstance(label, str) for label in labels):
        raise SourceError(f"{path.name}: every label must be text")
    return [label.strip() for label in labels if label.strip()]
