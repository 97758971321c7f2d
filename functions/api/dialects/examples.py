"""A working request of every dialect for a model, made of a row of its golden file."""

import csv
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.api.dialects.infer_tensors import describe_tensors
from inference import golden
from inference.errors import BrokenModelError
from inference.inputs import Input
from inference.inputs.tables import Column, ColumnInput, TableInput
from inference.models import Metadata, ModelFolder
from inference.rows import names_of_bytes, to_rows
from inference.signatures import Tensors
from inference.tensors import Json, to_json

_LARGEST = 2_000  # values of a row that a person would still read


@dataclass(frozen=True)
class ExampleRequest:
    """A body that a path of this server answers; ``dialect`` is its name on the page."""

    dialect: str
    path: str
    body: dict[str, Any]


def example_row(models: ModelFolder, metadata: Metadata) -> dict[str, Json] | None:
    """One row by input name. None where it is too long to read."""
    inputs = _first_row(models, metadata)
    return to_rows(inputs, names_of_bytes(inputs))[0] if inputs else None


def example_csv(models: ModelFolder, metadata: Metadata) -> str | None:
    """A header and the first row, for a model whose rows are columns. None for any other."""
    inputs = _first_row(models, metadata)
    if inputs is None or not metadata.inputs:
        return None
    cells: dict[str, Json] = {}
    for name, array in inputs.items():
        declared = metadata.inputs.get(name)
        if isinstance(declared, TableInput):
            columns = declared.columns
            cells |= {c.name: _cell(c, v) for c, v in zip(columns, array[0], strict=True)}
        elif array[0].size == 1:
            cells[name] = _cell(declared, array.ravel()[0])
        else:
            return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(cells)
    writer.writerow(cells.values())
    return text.getvalue()


def _cell(declared: Input | Column | None, value: np.generic) -> Json:
    """A value as people write it: a category by its name."""
    if isinstance(declared, Column | ColumnInput) and declared.categories:
        return declared.categories[int(np.asarray(value)) % len(declared.categories)]
    return to_json(np.asarray(value))


def example_requests(models: ModelFolder, metadata: Metadata) -> list[ExampleRequest]:
    """A request of each dialect. None for a model that takes no rows, or too long ones."""
    inputs = _first_row(models, metadata) if metadata.signature.takes_rows else None
    if inputs is None:
        return []
    (row,) = to_rows(inputs, names_of_bytes(inputs))
    value = next(iter(row.values())) if len(row) == 1 else row
    name = metadata.name
    return [
        ExampleRequest("its own", f"models/{name}/predict", {"instances": [row]}),
        ExampleRequest("TensorFlow Serving", f"v1/models/{name}:predict", {"instances": [value]}),
        ExampleRequest(
            "Open Inference V2", f"v2/models/{name}/infer", {"inputs": describe_tensors(inputs)}
        ),
    ]


def _first_row(models: ModelFolder, metadata: Metadata) -> Tensors | None:
    """The first row whose numbers JSON can hold. NaN in ``/openapi.json`` would make it invalid."""
    try:
        inputs = golden.read(models, metadata.name)[metadata.default_signature].inputs
    except BrokenModelError:  # since the page was begun
        return None
    for place in range(metadata.signature.rows(inputs)):
        row = {name: array[place : place + 1] for name, array in inputs.items()}
        if sum(array.size for array in row.values()) > _LARGEST:
            return None
        if all(_is_finite(array) for array in row.values()):
            return row or None
    return None


def _is_finite(array: NDArray[Any]) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
