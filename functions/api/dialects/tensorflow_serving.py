"""TensorFlow Serving's REST API, so that its clients work here unchanged. KServe's V1 is a subset.

Format: https://www.tensorflow.org/tfx/serving/api_rest. A request and its answer::

    {"instances": [[5.1, 3.5, 1.4, 0.2]]}
    {"predictions": [[0.98, 0.02, 0.0]]}
"""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

import numpy as np
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match

from functions.api.deps import Models, NonFinite, Predict, Version
from functions.api.dialects import DialectRoute, find_model, tensorflow_examples
from functions.api.dialects.answers import Rows, json_response
from functions.api.dialects.json_text import decode, read_object
from functions.api.dialects.tensorflow_examples import find_signature
from functions.api.errors import BODY_STATUSES, declare
from inference.errors import InvalidInputError
from inference.inputs.rows import from_value_columns, from_values
from inference.models import Metadata
from inference.rows import from_columns, from_rows, require_rows
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import to_json

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
    inputs, signature, encode = await decode(len(body), metadata, partial(_decode, metadata, body))

    def answer(outputs: Tensors) -> Response:
        return json_response(encode(outputs), nan, predictor.max_answer_bytes)

    return await predictor.run(metadata, inputs, signature, answer)


def _decode(metadata: Metadata, content: bytes) -> tuple[Tensors, str, Encode]:
    """Inputs, the name of their signature, and what encodes the outputs in the same form."""
    body = read_object(content, metadata)
    name, signature = find_signature(metadata, body)
    if "instances" in body and "inputs" in body:
        raise InvalidInputError("Not formatted correctly: both 'instances' and 'inputs' are given")
    if "instances" in body:
        if name == metadata.default_signature:
            rows = from_values(body["instances"], metadata, root="instances")
        else:
            rows = from_rows(body["instances"], signature, metadata.limits, root="instances")
        return _with_columns(rows, name, signature, _encode_rows)
    if "inputs" in body:
        if name == metadata.default_signature:
            columns = from_value_columns(body["inputs"], metadata)
        else:
            columns = from_columns(body["inputs"], signature)
        return _with_columns(columns, name, signature, _encode_columns)
    raise InvalidInputError("Missing 'inputs' or 'instances' key")


def _with_columns(
    inputs: Tensors, name: str, signature: Signature, encode: Encode
) -> tuple[Tensors, str, Encode]:
    """Plain numbers for inputs of one column, ``[1.0, 2.0]`` for ``(2, 1)``, are answered so.

    TensorFlow Serving's own first example is asked in this way.
    """
    column = (-1, 1)
    if not inputs or any(
        array.ndim != 1 or signature.inputs[key].shape != column for key, array in inputs.items()
    ):
        return inputs, name, encode

    def encode_flat(outputs: Tensors) -> dict[str, Any]:
        flat = all(spec.shape == column for spec in signature.outputs.values())
        return encode({key: array[:, 0] for key, array in outputs.items()} if flat else outputs)

    return {key: array[:, np.newaxis] for key, array in inputs.items()}, name, encode_flat


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
            "method_name": signature.method,
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
        for route in (*router.routes[:-1], *tensorflow_examples.router.routes)
        if isinstance(route, APIRoute) and route.matches(scope)[0] is Match.PARTIAL
        for method in route.methods or ()
    }
    message = f"Malformed request: {request.method} {request.url.path[:200]}"
    if allowed:
        headers = {"Allow": ", ".join(sorted(allowed))}
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, message, headers)
    raise HTTPException(HTTPStatus.BAD_REQUEST, message)
