"""The Open Inference Protocol V2, as KServe, Triton and MLServer speak it.

Format: https://github.com/kserve/open-inference-protocol. Tensors may be JSON or Triton's raw bytes
(see ``binary_tensors``). A request::

    {"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32", "data": [5.1, 3.5, 1.4, 0.2]}]}
"""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import ValidationError

from functions.api.deps import Models, NonFinite, Predict, Version
from functions.api.dialects import DialectRoute, find_model
from functions.api.dialects.answers import NonFiniteAs, json_bytes, json_response, require_size
from functions.api.dialects.binary_tensors import HEADER_LENGTH, encode
from functions.api.dialects.infer_tensors import (
    InferRequest,
    describe_binary_tensor,
    describe_specs,
    describe_tensor,
    read_inputs,
)
from functions.api.dialects.json_text import decode, read_object
from functions.api.errors import BODY_STATUSES, declare
from inference import __version__
from inference.errors import InvalidInputError
from inference.models import Metadata
from inference.signatures import Tensors

router = APIRouter(
    prefix="/v2",
    tags=["Open Inference Protocol"],
    route_class=DialectRoute,
    responses=declare(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)


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
    """Both keys, because clients differ in which they read. 503 where every model is broken."""
    response = json_response({"ready": models.ready, "live": True})
    if not models.ready:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return response


@router.get("/models/{name}/versions/{version}/ready", summary="Whether one version can be asked")
@router.get("/models/{name}/ready", summary="Whether a model can be asked")
async def read_model_ready(name: str, models: Models, version: Version) -> Response:
    """True, or 404 for an unknown model and 503 for a broken one."""
    find_model(models, name, version)
    return json_response({"name": name, "ready": True})


@router.get("/models/{name}/versions/{version}", summary="One version's metadata")
@router.get("/models/{name}", summary="Model metadata")
async def read_model(name: str, models: Models, version: Version) -> Response:
    """Tensors with datatypes and shapes; -1 is free."""
    metadata = find_model(models, name, version)
    return json_response(
        {
            "name": name,
            "versions": [str(metadata.version)],
            "platform": "tensorflow_savedmodel",
            "inputs": describe_specs(metadata.signature.inputs),
            "outputs": describe_specs(metadata.signature.outputs),
        }
    )


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InferRequest"}}},
    }
}


@router.post(
    "/models/{name}/versions/{version}/infer",
    summary="Infer with one version",
    openapi_extra=_BODY,
    responses=declare(*BODY_STATUSES),
)
@router.post(
    "/models/{name}/infer",
    summary="Infer",
    openapi_extra=_BODY,
    responses=declare(*BODY_STATUSES),
)
async def infer(
    name: str,
    request: Request,
    models: Models,
    predictor: Predict,
    version: Version,
    nan: NonFinite = "null",
    json_length: Annotated[int | None, Header(alias=HEADER_LENGTH, ge=0)] = None,
) -> Response:
    """JSON tensors, or bytes after a JSON header of ``Inference-Header-Content-Length`` bytes."""
    metadata = find_model(models, name, version)
    body = memoryview(await request.body())
    json_length = len(body) if json_length is None else json_length
    if json_length > len(body):
        raise InvalidInputError(f"{HEADER_LENGTH} is more than the body holds")
    infer_request, signature, inputs = await decode(
        len(body), metadata, partial(_decode, metadata, body, json_length)
    )
    encode_answer = partial(_respond, metadata, infer_request, nan, predictor.max_answer_bytes)
    return await predictor.run(metadata, inputs, signature, encode_answer)


def _decode(
    metadata: Metadata, body: memoryview, json_length: int
) -> tuple[InferRequest, str, Tensors]:
    """The request, the name of its signature, and its inputs."""
    request = _read_request(body[:json_length], metadata)
    name = str(request.parameters.get("signature_name") or metadata.default_signature)
    signature = metadata.signatures.get(name)
    if signature is None:
        raise InvalidInputError(f"no signature '{name:.80}', only {sorted(metadata.signatures)}")
    if {output.name for output in request.outputs} - signature.outputs.keys():
        raise InvalidInputError(f"an output is unknown, the model has {sorted(signature.outputs)}")
    return request, name, read_inputs(request, metadata, name, body[json_length:])


def _read_request(header: memoryview, metadata: Metadata) -> InferRequest:
    try:
        return InferRequest.model_validate(read_object(header, metadata))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InvalidInputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _respond(
    metadata: Metadata, request: InferRequest, nan: NonFiniteAs, limit: int, outputs: Tensors
) -> Response:
    names = [output.name for output in request.outputs] or list(outputs)
    outputs = {name: outputs[name] for name in names}
    all_binary = bool(request.parameters.get("binary_data_output"))
    binary = dict.fromkeys(outputs, all_binary)
    for output in request.outputs:
        binary[output.name] = bool(output.parameters.get("binary_data", all_binary))
    raw = {name: encode(array) for name, array in outputs.items() if binary[name]}
    answer = {
        "model_name": metadata.name,
        "model_version": str(metadata.version),
        **({} if request.id is None else {"id": request.id}),
        "outputs": [
            describe_binary_tensor(name, array, len(raw[name]))
            if name in raw
            else describe_tensor(name, array)
            for name, array in outputs.items()
        ],
    }
    header = json_bytes(answer, nan, limit)
    if not raw:
        return Response(header, media_type="application/json")
    require_size(len(header) + sum(map(len, raw.values())), limit)
    return Response(
        header + b"".join(raw.values()),
        media_type="application/octet-stream",
        headers={HEADER_LENGTH: str(len(header))},
    )
