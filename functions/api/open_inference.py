"""The Open Inference Protocol V2, as KServe, Triton and MLServer speak it.

Format: https://github.com/kserve/open-inference-protocol; tensors may be JSON or Triton's raw
bytes (see ``binary_tensors``).

>>> httpx2.post("…/v2/models/iris/infer", json={"inputs": [
...     {"name": "x", "shape": [1, 4], "datatype": "FP32", "data": [5.1, 3.5, 1.4, 0.2]}]})
"""

import math
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, ValidationError

from functions.api.binary_tensors import HEADER_LENGTH, decode, encode
from functions.api.dialects import (
    DialectRoute,
    Models,
    NonFinite,
    find_model,
    json_bytes,
    json_response,
    read_object,
)
from inference import __version__
from inference.errors import InvalidInputError
from inference.models import Metadata, ModelFolder
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import from_json, to_json

router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"], route_class=DialectRoute)

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


@router.get("", summary="Server metadata")
async def read_server() -> Response:
    """Name, version, extensions."""
    return json_response(
        {
            "name": "tensorflow-lambda-api",
            "version": __version__,
            "extensions": ["binary_tensor_data"],
        }
    )


@router.get("/health/live", summary="Whether the server is up")
async def read_live() -> Response:
    """True, or no answer at all."""
    return json_response({"live": True})


@router.get("/health/ready", summary="Whether the models can be asked")
async def read_ready(models: Models) -> Response:
    """Both keys, because clients differ in which they read."""
    ready = len(models.described.keys() - models.broken.keys()) > 0
    return json_response({"ready": ready, "live": True})


@router.get("/models/{name}/versions/{version}/ready", summary="Whether one version can be asked")
@router.get("/models/{name}/ready", summary="Whether a model can be asked")
async def read_model_ready(name: str, models: Models, version: str | None = None) -> Response:
    """False for a model that is broken."""
    find_model(models, name, version)
    return json_response({"name": name, "ready": name not in models.broken})


@router.get("/models/{name}/versions/{version}", summary="One version's metadata")
@router.get("/models/{name}", summary="Model metadata")
async def read_model(name: str, models: Models, version: str | None = None) -> Response:
    """Tensors with datatypes and shapes; -1 is free."""
    metadata = find_model(models, name, version)
    signature = metadata.signatures[metadata.default_signature]
    return json_response(
        {
            "name": name,
            "versions": [str(metadata.version)],
            "platform": "tensorflow_savedmodel",
            "inputs": [_describe(*item) for item in signature.inputs.items()],
            "outputs": [_describe(*item) for item in signature.outputs.items()],
        }
    )


def _describe(name: str, spec: TensorSpec) -> dict[str, Any]:
    return {"name": name, "datatype": DATATYPES[spec.dtype], "shape": list(spec.shape)}


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": InferRequest.model_json_schema()}},
    }
}


@router.post(
    "/models/{name}/versions/{version}/infer",
    summary="Infer with one version",
    openapi_extra=_BODY,
)
@router.post("/models/{name}/infer", summary="Infer", openapi_extra=_BODY)
async def infer(
    name: str,
    request: Request,
    models: Models,
    version: str | None = None,
    nan: NonFinite = "null",
    json_length: Annotated[int | None, Header(alias=HEADER_LENGTH, ge=0)] = None,
) -> Response:
    """JSON tensors, or bytes after a JSON header of ``Inference-Header-Content-Length`` bytes."""
    metadata = find_model(models, name, version)
    body = memoryview(await request.body())
    json_length = len(body) if json_length is None else json_length
    if json_length > len(body):
        raise InvalidInputError(f"{HEADER_LENGTH} is more than the body holds")
    wanted = _read_request(body[:json_length])
    outputs = await run_in_threadpool(_infer, models, metadata, wanted, body[json_length:])
    return _respond(metadata, wanted, outputs, nan)


def _read_request(header: memoryview) -> InferRequest:
    try:
        return InferRequest.model_validate(read_object(header))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InvalidInputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _infer(
    models: ModelFolder, metadata: Metadata, wanted: InferRequest, raw: memoryview
) -> Tensors:
    given = wanted.parameters.get("signature_name") or metadata.default_signature
    signature = metadata.signatures.get(str(given))
    if signature is None:
        raise InvalidInputError(f"no signature '{given}', only {sorted(metadata.signatures)}")
    unknown = {output.name for output in wanted.outputs} - signature.outputs.keys()
    if unknown:
        raise InvalidInputError(f"no output {sorted(unknown)}, only {sorted(signature.outputs)}")
    inputs = _read_inputs(wanted, signature, raw)
    outputs = models.get(metadata.name).predict(inputs, str(given))
    names = [output.name for output in wanted.outputs] or list(outputs)
    return {name: outputs[name] for name in names}


def _read_inputs(wanted: InferRequest, signature: Signature, raw: memoryview) -> Tensors:
    inputs: dict[str, np.ndarray[Any, Any]] = {}
    for tensor in wanted.inputs:
        spec = signature.inputs.get(tensor.name)
        if spec is None or tensor.name in inputs:
            raise InvalidInputError(
                f"unexpected input '{tensor.name}', the model has {sorted(signature.inputs)}"
            )
        if tensor.datatype != DATATYPES[spec.dtype]:
            raise InvalidInputError(
                f"input '{tensor.name}' is {tensor.datatype}, the model takes "
                f"{DATATYPES[spec.dtype]}"
            )
        if not spec.accepts(tuple(tensor.shape)):
            raise InvalidInputError(
                f"input '{tensor.name}' has shape {tensor.shape}, the model takes "
                f"{list(spec.shape)} (-1: any size)"
            )
        if (size := tensor.parameters.get("binary_data_size")) is not None:
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


def _respond(metadata: Metadata, wanted: InferRequest, outputs: Tensors, nan: Any) -> Response:  # noqa: ANN401
    all_binary = bool(wanted.parameters.get("binary_data_output"))
    as_bytes = {
        output.name: bool(output.parameters.get("binary_data", all_binary))
        for output in wanted.outputs
    }
    described, raw = [], b""
    for name, array in outputs.items():
        tensor: dict[str, Any] = {
            "name": name,
            "shape": list(array.shape),
            "datatype": DATATYPES["string" if array.dtype.kind in "OS" else array.dtype.name],
        }
        if as_bytes.get(name, all_binary):
            encoded = encode(array)
            tensor["parameters"] = {"binary_data_size": len(encoded)}
            raw += encoded
        else:
            tensor["data"] = to_json(np.ravel(array))
        described.append(tensor)
    answer = {
        "model_name": metadata.name,
        "model_version": str(metadata.version),
        **({} if wanted.id is None else {"id": wanted.id}),
        "outputs": described,
    }
    header = json_bytes(answer, nan)
    if not any(as_bytes.values()) and not all_binary:
        return Response(header, media_type="application/json")
    return Response(
        header + raw,
        media_type="application/octet-stream",
        headers={HEADER_LENGTH: str(len(header))},
    )
