"""Tensors as the Open Inference Protocol V2 writes them: in JSON, or as Triton's raw bytes."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from annotated_types import Len
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, FailFast, Field

from functions.api.dialects.binary_tensors import decode
from inference.errors import InvalidInputError
from inference.inputs import Input
from inference.inputs.images import ImageInput
from inference.inputs.rows import decode_values
from inference.metadata import Metadata
from inference.signatures import Tensors, TensorSpec
from inference.tensors import Json, from_json, to_json

DATATYPES = {"bool": "BOOL", "string": "BYTES"} | {
    f"{kind}{bits}": f"{prefix}{bits}"
    for kind, prefix in (("int", "INT"), ("uint", "UINT"), ("float", "FP"))
    for bits in (8, 16, 32, 64)
}


_ONE_TEXT = TensorSpec(dtype="string", shape=(-1,))
_ONE_TEXT_IN_A_LIST = TensorSpec(dtype="string", shape=(-1, 1))
_MOST_TENSORS = 256
_MOST_DIMENSIONS = 32
_LARGEST_SIZE = 2**31 - 1
# Checking stops at the first wrong one. An error for each of a million would fill the memory.
_Tensors = (Len(max_length=_MOST_TENSORS), FailFast())


class _Strict(BaseModel):
    """Converts nothing: ``"1"`` and ``true`` are not taken as 1."""

    model_config = ConfigDict(strict=True)


class Tensor(_Strict):
    """One input; its values are in ``data``, or follow the JSON as bytes."""

    name: str
    shape: Annotated[
        list[Annotated[int, Field(ge=0, le=_LARGEST_SIZE)]],
        Len(max_length=_MOST_DIMENSIONS),
        FailFast(),
    ]
    datatype: str
    parameters: dict[str, Any] = {}
    data: list[Any] | None = None


class RequestedOutput(_Strict):
    """One output that the client wants."""

    name: str
    parameters: dict[str, Any] = {}


class InferRequest(_Strict):
    """The JSON part of a request."""

    id: str | None = None
    parameters: dict[str, Any] = {}
    inputs: Annotated[list[Tensor], *_Tensors]
    outputs: Annotated[list[RequestedOutput], *_Tensors] = []


def read_inputs(
    request: InferRequest, metadata: Metadata, signature_name: str, raw: memoryview
) -> Tensors:
    """Arrays by input name; ``raw`` is what follows the JSON.

    A declared input may be ``BYTES`` though its tensor is of numbers: pictures (in JSON as base64)
    or the names of categories, one for each row.

    Raises :class:`InvalidInputError` unless names, datatypes, shapes and values fit, and
    :class:`TooLargeError` for shapes of more values than one request may send.
    """
    metadata.limits.require_values(sum(math.prod(tensor.shape) for tensor in request.inputs))
    signature = metadata.signatures[signature_name]
    declared = metadata.inputs if signature_name == metadata.default_signature else {}
    inputs: dict[str, NDArray[Any]] = {}
    for tensor in request.inputs:
        if tensor.name not in signature.inputs or tensor.name in inputs:
            raise InvalidInputError(
                f"unexpected input '{tensor.name:.80}', the model has {sorted(signature.inputs)}"
            )
        given = spec = signature.inputs[tensor.name]
        is_declared = (
            tensor.name in declared and tensor.datatype == "BYTES" != DATATYPES[spec.dtype]
        )
        if is_declared:
            given = _ONE_TEXT if len(tensor.shape) == 1 else _ONE_TEXT_IN_A_LIST
        _check_tensor(tensor, given)
        expected = math.prod(tensor.shape)
        size = tensor.parameters.get("binary_data_size")
        if size is not None:
            if type(size) is not int or not 0 <= size <= len(raw):
                raise InvalidInputError(
                    f"input '{tensor.name}': binary_data_size is not in the body"
                )
            array, raw = decode(raw[:size], given, tensor.name, expected), raw[size:]
        elif tensor.data is None:
            raise InvalidInputError(f"input '{tensor.name}' has no data")
        else:
            array = from_json(tensor.data, given, tensor.name)
        if array.size != expected:
            raise InvalidInputError(
                f"input '{tensor.name}' has {array.size} values, its shape {tensor.shape} wants "
                f"{expected}"
            )
        if is_declared:
            values = _values(array, declared[tensor.name], in_json=size is None)
            inputs[tensor.name] = decode_values(values, metadata, tensor.name)
        else:
            inputs[tensor.name] = array.reshape(tensor.shape)
    if len(raw):
        raise InvalidInputError(f"{len(raw)} bytes follow the last input")
    return inputs


def _values(texts: NDArray[Any], declaration: Input, *, in_json: bool) -> list[Json]:
    """Pictures as they are, or in base64 where JSON holds them; anything else as text."""
    flat = [bytes(text) for text in texts.ravel()]
    if not isinstance(declaration, ImageInput):
        return [text.decode("utf-8", "replace") for text in flat]
    return [{"b64": text.decode("ascii", "replace")} if in_json else text for text in flat]


def _check_tensor(tensor: Tensor, spec: TensorSpec) -> None:
    if tensor.datatype != DATATYPES[spec.dtype]:
        raise InvalidInputError(
            f"input '{tensor.name}' is {tensor.datatype:.80}, "
            f"the model takes {DATATYPES[spec.dtype]}"
        )
    if not spec.accepts(tuple(tensor.shape)):
        raise InvalidInputError(
            f"input '{tensor.name}' has shape {tensor.shape}, the model takes "
            f"{list(spec.shape)} (-1: any size)"
        )


def describe_tensors(tensors: Tensors) -> list[dict[str, Json]]:
    """Each tensor with its values in JSON."""
    return [
        _header(name, array) | {"data": to_json(np.ravel(array))} for name, array in tensors.items()
    ]


def describe_tensor(name: str, array: NDArray[Any]) -> dict[str, Json]:
    """A tensor with its values, an array in row-major order."""
    return _header(name, array) | {"data": np.ravel(array)}


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
