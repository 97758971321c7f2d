"""TensorFlow Serving's REST API, so that its clients work here unchanged. KServe's V1 is a subset.

Format: https://www.tensorflow.org/tfx/serving/api_rest. A request and its answer::

    {"instances": [[5.1, 3.5, 1.4, 0.2]]}
    {"predictions": [[0.98, 0.02, 0.0]]}
"""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.routing import Match

from functions.api.deps import Models, NonFinite, Predict, Version
from functions.api.dialects import DialectRoute, find_model
from functions.api.dialects.answers import Rows, json_response
from functions.api.dialects.json_text import decode, read_object
from functions.api.errors import BODY_STATUSES, declare
from inference.errors import InvalidInputError
from inference.models import Metadata
from inference.rows import from_columns, from_rows, require_rows
from inference.signatures import Tensors, TensorSpec
from inference.tensors import to_json


class _ModelName(StringConvertor):
    """A part of a path without a colon: what follows one is a verb."""

    regex = "[^/:]+"


register_url_convertor("model", _ModelName())
router = APIRouter(
    prefix="/v1",
    tags=["TensorFlow Serving"],
    route_class=DialectRoute,
    responses=declare(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)

Encode = Callable[[Tensors], dict[str, Any]]
_DTYPES = {"bool": "DT_BOOL", "string": "DT_STRING", "float16": "DT_HALF"} | {
    "float32": "DT_FLOAT",
    "float64": "DT_DOUBLE",
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "signature_name": {"type": "string"},
                        "instances": {"type": "array", "minItems": 1, "description": "a row each"},
                        "inputs": {"description": "a tensor, or tensors by name"},
                    },
                    "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
                },
            }
        },
    }
}


@router.post(
    "/models/{name:model}/versions/{version:model}:predict",
    summary="Predict with one version",
    openapi_extra=_BODY,
    responses=declare(*BODY_STATUSES),
)
@router.post(
    "/models/{name:model}:predict",
    summary="Predict",
    openapi_extra=_BODY,
    responses=declare(*BODY_STATUSES),
)
async def predict(
    name: str,
    request: Request,
    models: Models,
    predictor: Predict,
    version: Version,
    nan: NonFinite = "null",
) -> Response:
    """Rows (``instances`` → ``predictions``) or columns (``inputs`` → ``outputs``)."""
    metadata = find_model(models, name, version)
    body = await request.body()
    inputs, signature, encode = await decode(len(body), partial(_decode, metadata, body))

    def answer(outputs: Tensors) -> Response:
        return json_response(encode(outputs), nan, predictor.max_answer_bytes)

    return await predictor.run(metadata, inputs, signature, answer)


def _decode(metadata: Metadata, content: bytes) -> tuple[Tensors, str, Encode]:
    """Inputs, the name of their signature, and what encodes the outputs in the same form."""
    body = read_object(content, metadata)
    name = body.get("signature_name", "")
    name = metadata.default_signature if name == "" else name
    signature = metadata.signatures.get(name) if isinstance(name, str) else None
    if signature is None:
        raise InvalidInputError(f"Serving signature name: {name!r:.80} not found in signature def")
    if "instances" in body and "inputs" in body:
        raise InvalidInputError("Not formatted correctly: both 'instances' and 'inputs' are given")
    if "instances" in body:
        rows = from_rows(body["instances"], signature, metadata.limits, root="instances")
        return rows, name, _encode_rows
    if "inputs" in body:
        return from_columns(body["inputs"], signature), name, _encode_columns
    raise InvalidInputError("Missing 'inputs' or 'instances' key")


def _encode_rows(outputs: Tensors) -> dict[str, Any]:
    """The rows of the only output without its name, or an object for each row."""
    require_rows(outputs)
    if len(outputs) > 1:
        return {"predictions": Rows(outputs, _bytes_outputs(outputs))}
    return {"predictions": next(iter(_columns(outputs).values()))}


def _encode_columns(outputs: Tensors) -> dict[str, Any]:
    """A tensor, or tensors by name."""
    columns = _columns(outputs)
    return {"outputs": columns if len(columns) > 1 else next(iter(columns.values()))}


def _columns(outputs: Tensors) -> dict[str, Any]:
    as_b64 = _bytes_outputs(outputs)
    return {
        name: to_json(array, as_b64=True) if name in as_b64 else array
        for name, array in outputs.items()
    }


def _bytes_outputs(outputs: Tensors) -> list[str]:
    """TensorFlow Serving writes an output of text as base64 if its name ends in ``_bytes``."""
    return [name for name in outputs if name.endswith("_bytes")]


@router.get("/models", summary="Names of the models")
async def list_models(models: Models) -> Response:
    """As KServe's V1 protocol has it."""
    return json_response({"models": sorted(models.served)})


@router.get("/models/{name:model}/versions/{version:model}", summary="State of one version")
@router.get("/models/{name:model}", summary="State of a model")
async def read_status(name: str, models: Models, version: Version) -> Response:
    """TensorFlow Serving's state, with KServe V1's ``ready``; 503 for a broken model."""
    metadata = find_model(models, name, version)
    status = {
        "version": str(metadata.version),
        "state": "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
    }
    return json_response({"model_version_status": [status], "name": name, "ready": True})


@router.get(
    "/models/{name:model}/versions/{version:model}/metadata", summary="Signatures of one version"
)
@router.get("/models/{name:model}/metadata", summary="Signatures of a model")
async def read_metadata(name: str, models: Models, version: Version) -> Response:
    """Names, dtypes and shapes; sizes are strings and -1 is free, as TensorFlow writes them."""
    metadata = find_model(models, name, version)
    signatures = {
        signature_name: {
            "inputs": {
                tensor: _describe(tensor, spec) for tensor, spec in signature.inputs.items()
            },
            "outputs": {
                tensor: _describe(tensor, spec) for tensor, spec in signature.outputs.items()
            },
            "method_name": "tensorflow/serving/predict",
        }
        for signature_name, signature in metadata.signatures.items()
    }
    spec = {"name": name, "signature_name": "", "version": str(metadata.version)}
    definitions = {"signature_def": {"signature_def": signatures}}
    return json_response({"model_spec": spec, "metadata": definitions})


def _describe(name: str, spec: TensorSpec) -> dict[str, Any]:
    return {
        "dtype": _DTYPES.get(spec.dtype) or f"DT_{spec.dtype.upper()}",
        "tensor_shape": {
            "dim": [{"size": str(size), "name": ""} for size in spec.shape],
            "unknown_rank": False,
        },
        "name": f"{name}:0",
    }


_ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


@router.api_route("/{rest:path}", methods=_ANY, include_in_schema=False)
async def refuse_other(request: Request) -> Response:
    """405 to another method of a known path. Other paths are refused in TensorFlow's words."""
    scope = request.scope
    allowed = {
        method
        for route in router.routes[:-1]
        if isinstance(route, APIRoute) and route.matches(scope)[0] is Match.PARTIAL
        for method in route.methods or ()
    }
    message = f"Malformed request: {request.method} {request.url.path[:200]}"
    if allowed:
        headers = {"Allow": ", ".join(sorted(allowed))}
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, message, headers)
    raise HTTPException(HTTPStatus.BAD_REQUEST, message)
