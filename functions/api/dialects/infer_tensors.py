"""Tensors as the Open Inference Protocol V2 writes them: in JSON, or as Triton's raw bytes."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from functions.api.dialects.binary_tensors import decode
from inference.errors import InvalidInputError
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import Json, from_json, to_json

DATATYPES = {"bool": "BOOL", "string": "BYTES"} | {
    f"{kind}{bits}": f"{prefix}{bits}"
    for kind, prefix in (("int", "INT"), ("uint", "UINT"), ("float", "FP"))
    for bits in (8, 16, 32, 64)
}


class Tensor(BaseModel):
    """One input; its values are in ``data``, or follow the JSON as bytes."""

    name: str
    shape: list[Annotated[int, Field(ge=0)]]
    datatype: str
    parameters: dict[str, Any] = {}
    data: list[Any] | None = None


class RequestedOutput(BaseModel):
    """One output that the client wants."""

    name: str
    parameters: dict[str, Any] = {}


class InferRequest(BaseModel):
    """The JSON part of a request."""

    id: str | None = None
    parameters: dict[str, Any] = {}
    inputs: list[Tensor]
    outputs: list[RequestedOutput] = []


def read_inputs(request: InferRequest, signature: Signature, raw: memoryview) -> Tensors:
    """Arrays by input name; ``raw`` is what follows the JSON.

    Raises :class:`InvalidInputError` unless names, datatypes, shapes and values fit.
    """
    inputs: dict[str, NDArray[Any]] = {}
    for tensor in request.inputs:
        if tensor.name not in signature.inputs or tensor.name in inputs:
            raise InvalidInputError(
                f"unexpected input '{tensor.name}', the model has {sorted(signature.inputs)}"
            )
        spec = signature.inputs[tensor.name]
        _check_tensor(tensor, spec)
        size = tensor.parameters.get("binary_data_size")
        if size is not None:
            if not isinstance(size, int) or not 0 <= size <= len(raw):
                raise InvalidInputError(
                    f"input '{tensor.name}': binary_data_size is not in the body"
                )
            array, raw = decode(raw[:size], spec, tensor.name), raw[size:]
        elif tensor.data is None:
            raise InvalidInputError(f"input '{tensor.name}' has no data")
        else:
            array = from_json(tensor.data, spec, tensor.name)
        if array.size != math.prod(tensor.shape):
            raise InvalidInputError(
                f"input '{tensor.name}' has {array.size} values, its shape {tensor.shape} wants "
                f"{math.prod(tensor.shape)}"
            )
        inputs[tensor.name] = array.reshape(tensor.shape)
    if len(raw):
        raise InvalidInputError(f"{len(raw)} bytes follow the last input")
    return inputs


def _check_tensor(tensor: Tensor, spec: TensorSpec) -> None:
    if tensor.datatype != DATATYPES[spec.dtype]:
        raise InvalidInputError(
            f"input '{tensor.name}' is {tensor.datatype}, the model takes {DATATYPES[spec.dtype]}"
        )
    if not spec.accepts(tuple(tensor.shape)):
        raise InvalidInputError(
            f"input '{tensor.name}' has shape {tensor.shape}, the model takes "
            f"{list(spec.shape)} (-1: any size)"
        )


def describe_tensors(tensors: Tensors) -> list[dict[str, Json]]:
    """Each tensor with its values in JSON."""
    return [describe_tensor(name, array) for name, array in tensors.items()]


def describe_tensor(name: str, array: NDArray[Any]) -> dict[str, Json]:
    """A tensor with its values in JSON, in row-major order."""
    return _header(name, array) | {"data": to_json(np.ravel(array))}


def describe_binary_tensor(name: str, array: NDArray[Any], size: int) -> dict[str, Json]:
    """A tensor whose values are ``size`` of the bytes that follow the JSON."""
    return _header(name, array) | {"parameters": {"binary_data_size": size}}


def describe_specs(specs: Mapping[str, TensorSpec]) -> list[dict[str, Json]]:
    """What a model takes or answers; -1 is a free dimension."""
    return [
        {"name": name, "datatype": DATATYPES[spec.dtype], "shape": list(spec.shape)}
        for name, spec in specs.items()
    ]


def _header(name: str, array: NDArray[Any]) -> dict[str, Json]:
    dtype = "string" if array.dtype.kind in "OS" else array.dtype.name
    return {"name": name, "shape": list(array.shape), "datatype": DATATYPES[dtype]}
