"""TensorFlow Serving's REST API, so that its clients work here unchanged. KServe's V1 is a subset.

Format: https://www.tensorflow.org/tfx/serving/api_rest

>>> httpx2.post("…/v1/models/iris:predict", json={"instances": [[5.1, 3.5, 1.4, 0.2]]}).json()
{"predictions": [[0.98, 0.02, 0.0]]}
"""

from http import HTTPStatus
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from functions.api.dialects import (
    DialectRoute,
    Models,
    NonFinite,
    find_model,
    json_response,
    read_object,
)
from inference.errors import InvalidInputError
from inference.models import Metadata, ModelFolder
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import from_json, to_json

router = APIRouter(prefix="/v1", tags=["TensorFlow Serving"], route_class=DialectRoute)

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
                        "instances": {"type": "array", "items": {}, "description": "a row each"},
                        "inputs": {"description": "a tensor, or tensors by name"},
                    },
                },
                "example": {"instances": [[1.0, 2.0]]},
            }
        },
    }
}


@router.post(
    "/models/{name}/versions/{version}:predict",
    summary="Predict with one version",
    openapi_extra=_BODY,
)
@router.post("/models/{name}:predict", summary="Predict", openapi_extra=_BODY)
async def predict(
    name: str, request: Request, models: Models, version: str | None = None, nan: NonFinite = "null"
) -> Response:
    """Rows (``instances`` → ``predictions``) or columns (``inputs`` → ``outputs``)."""
    metadata = find_model(models, name, version)
    body = read_object(await request.body())
    answer = await run_in_threadpool(_predict, models, metadata, body)
    return json_response(answer, nan)


def _predict(models: ModelFolder, metadata: Metadata, body: dict[str, Any]) -> dict[str, Any]:
    name = body.get("signature_name") or metadata.default_signature
    signature = metadata.signatures.get(name) if isinstance(name, str) else None
    if signature is None:
        raise InvalidInputError(f"Serving signature name: {name!r:.80} not found in signature def")
    if "instances" in body and "inputs" in body:
        raise InvalidInputError("Not formatted correctly: both 'instances' and 'inputs' are given")
    if "instances" in body:
        inputs = _from_rows(body["instances"], signature)
        return {"predictions": _to_rows(models.get(metadata.name).predict(inputs, name))}
    if "inputs" in body:
        inputs = _from_columns(body["inputs"], signature)
        return {"outputs": _to_columns(models.get(metadata.name).predict(inputs, name))}
    raise InvalidInputError("Missing 'inputs' or 'instances' key")


def _from_rows(instances: object, signature: Signature) -> Tensors:
    if not isinstance(instances, list) or not instances:
        raise InvalidInputError("'instances' must be a non-empty list")
    named = [isinstance(row, dict) and row.keys() != {"b64"} for row in instances]
    if not any(named):
        return _only_input(instances, signature)
    if not all(named):
        raise InvalidInputError("'instances' must be all objects or all values")
    for row in instances:
        if row.keys() != signature.inputs.keys():
            raise InvalidInputError(
                f"every instance must have exactly the keys {sorted(signature.inputs)}"
            )
    return {
        name: from_json([row[name] for row in instances], spec, name)
        for name, spec in signature.inputs.items()
    }


def _from_columns(inputs: object, signature: Signature) -> Tensors:
    if not isinstance(inputs, dict) or inputs.keys() == {"b64"}:
        return _only_input(inputs, signature)
    missing = signature.inputs.keys() - inputs.keys()
    if missing:
        raise InvalidInputError(f"Missing named input(s): {sorted(missing)}")
    return {name: from_json(inputs[name], spec, name) for name, spec in signature.inputs.items()}


def _only_input(value: object, signature: Signature) -> Tensors:
    if len(signature.inputs) != 1:
        raise InvalidInputError(
            f"the model has {len(signature.inputs)} inputs, {sorted(signature.inputs)}; name them"
        )
    ((name, spec),) = signature.inputs.items()
    return {name: from_json(value, spec, name)}


def _to_rows(outputs: Tensors) -> list[Any]:
    rows = {array.shape[:1] for array in outputs.values()}
    if len(rows) > 1 or () in rows:
        raise InvalidInputError(
            "the outputs are not rows; ask with 'inputs' in place of 'instances'"
        )
    columns = [_to_json(name, array) for name, array in outputs.items()]
    if len(columns) == 1:
        return list(columns[0])
    return [dict(zip(outputs, row, strict=True)) for row in zip(*columns, strict=True)]


def _to_columns(outputs: Tensors) -> Any:  # noqa: ANN401 - a tensor, or tensors by name
    columns = {name: _to_json(name, array) for name, array in outputs.items()}
    return columns if len(columns) > 1 else next(iter(columns.values()))


def _to_json(name: str, array: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401
    return to_json(array, as_b64=name.endswith("_bytes"))


_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@router.api_route("/models/{rest:path}:{verb}", methods=_ANY, include_in_schema=False)
async def refuse_malformed(request: Request) -> Response:
    """Any other path or verb, as TensorFlow Serving answers it."""
    path = request.url.path[:200]
    raise HTTPException(HTTPStatus.BAD_REQUEST, f"Malformed request: {request.method} {path}")


@router.get("/models", summary="Names of the models")
async def list_models(models: Models) -> Response:
    """As KServe's V1 protocol has it."""
    return json_response({"models": sorted(models.described.keys() - models.broken.keys())})


@router.get("/models/{name}/versions/{version}", summary="State of one version")
@router.get("/models/{name}", summary="State of a model")
async def read_status(name: str, models: Models, version: str | None = None) -> Response:
    """TensorFlow Serving's state, and what KServe's V1 protocol reads beside it."""
    metadata = find_model(models, name, version)
    ready = name not in models.broken
    status = {
        "version": str(metadata.version),
        "state": "AVAILABLE" if ready else "END",
        "status": {"error_code": "OK", "error_message": ""}
        if ready
        else {"error_code": "FAILED_PRECONDITION", "error_message": models.broken[name]},
    }
    return json_response({"model_version_status": [status], "name": name, "ready": ready})


@router.get("/models/{name}/versions/{version}/metadata", summary="Signatures of one version")
@router.get("/models/{name}/metadata", summary="Signatures of a model")
async def read_metadata(name: str, models: Models, version: str | None = None) -> Response:
    """Names, dtypes and shapes; sizes are strings and -1 is free, as TensorFlow writes them."""
    metadata = find_model(models, name, version)
    signatures = {
        given: {
            "inputs": {one: _describe(one, spec) for one, spec in signature.inputs.items()},
            "outputs": {one: _describe(one, spec) for one, spec in signature.outputs.items()},
            "method_name": "tensorflow/serving/predict",
        }
        for given, signature in metadata.signatures.items()
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


router.add_api_route("/{rest:path}", refuse_malformed, methods=_ANY, include_in_schema=False)
