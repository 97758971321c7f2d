"""A working request of every dialect for a model, made of the first row of its golden file."""

from typing import Any

from functions.api.open_inference import DATATYPES
from inference import golden
from inference.models import Metadata, ModelFolder
from inference.signatures import Signature, Tensors
from inference.tensors import to_json

_LARGEST = 2_000  # numbers that a reader would still scroll past


def example_row(models: ModelFolder, metadata: Metadata) -> dict[str, Any] | None:
    """One row by input, or None where it is too long to read."""
    inputs = _first_row(models, metadata)
    if inputs is None:
        return None
    return {name: to_json(array)[0] for name, array in inputs.items()}


def examples_of(models: ModelFolder, metadata: Metadata) -> list[tuple[str, str, dict[str, Any]]]:
    """Dialect, path and body of each request; none for what takes no rows, or too long ones."""
    signature = metadata.signatures[metadata.default_signature]
    inputs = _first_row(models, metadata) if signature.takes_rows else None
    if inputs is None:
        return []
    row = {name: to_json(array)[0] for name, array in inputs.items()}
    only = next(iter(row.values())) if len(row) == 1 else row
    name = metadata.name
    return [
        ("its own", f"models/{name}/predict", {"instances": [row]}),
        ("TensorFlow Serving", f"v1/models/{name}:predict", {"instances": [only]}),
        ("Open Inference V2", f"v2/models/{name}/infer", {"inputs": _tensors(signature, inputs)}),
    ]


def _first_row(models: ModelFolder, metadata: Metadata) -> Tensors | None:
    calls = golden.unpack(models.directory / metadata.name / golden.GOLDEN)
    inputs, _ = calls[metadata.default_signature]
    first = {name: array[:1] for name, array in inputs.items()}
    return first if sum(array.size for array in first.values()) <= _LARGEST else None


def _tensors(signature: Signature, inputs: Tensors) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "shape": list(array.shape),
            "datatype": DATATYPES[signature.inputs[name].dtype],
            "data": to_json(array.reshape(-1)),
        }
        for name, array in inputs.items()
    ]
