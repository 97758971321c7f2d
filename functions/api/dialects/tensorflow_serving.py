"""TensorFlow Serving's REST API, so that its clients work here unchanged. KServe's V1 is a subset.

Format: https://www.tensorflow.org/tfx/serving/api_rest. A request and its answer::

    {"instances": [[5.1, 3.5, 1.4, 0.2]]}
    {"predictions": [[0.98, 0.02, 0.0]]}
"""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from functions.api.deps import Models, NonFinite, Predict
from functions.api.dialects import DialectRoute, find_model, json_response, read_object
from functions.api.limits import Predictor
from inference.errors import InvalidInputError
from inference.models import Metadata
from inference.rows import from_columns, from_rows, require_rows, to_columns, to_rows
from inference.signatures import Tensors, TensorSpec
from inference.tensors import Json

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
    name: str,
    request: Request,
    models: Models,
    predictor: Predict,
    version: str | None = None,
    nan: NonFinite = "null",
) -> Response:
    """Rows (``instances`` → ``predictions``) or columns (``inputs`` → ``outputs``)."""
    metadata = find_model(models, name, version)
    body = read_object(await request.body())
    answer = await run_in_threadpool(_predict, predictor, metadata, body)
    return json_response(answer, nan)


def _predict(predictor: Predictor, metadata: Metadata, body: dict[str, Any]) -> dict[str, Json]:
    name = body.get("signature_name") or metadata.default_signature
    signature = metadata.signatures.get(name) if isinstance(name, str) else None
    if signature is None:
        raise InvalidInputError(f"Serving signature name: {name!r:.80} not found in signature def")
    if "instances" in body and "inputs" in body:
        raise InvalidInputError("Not formatted correctly: both 'instances' and 'inputs' are given")
    if "instances" in body:
        inputs = from_rows(body["instances"], signature)
        return {"predictions": _encode_rows(predictor.run(metadata.name, inputs, name))}
    if "inputs" in body:
        inputs = from_columns(body["inputs"], signature)
        return {"outputs": _encode_columns(predictor.run(metadata.name, inputs, name))}
    raise InvalidInputError("Missing 'inputs' or 'instances' key")


def _encode_rows(outputs: Tensors) -> list[Json]:
    """The rows of the only output without its name, or an object for each row."""
    if len(outputs) > 1:
        return to_rows(outputs, _bytes_outputs(outputs))
    require_rows(outputs)
    (rows,) = to_columns(outputs, _bytes_outputs(outputs)).values()
    return list(rows)


def _encode_columns(outputs: Tensors) -> Json:
    """A tensor, or tensors by name."""
    columns = to_columns(outputs, _bytes_outputs(outputs))
    return columns if len(columns) > 1 else next(iter(columns.values()))


def _bytes_outputs(outputs: Tensors) -> list[str]:
    """TensorFlow Serving writes an output of text as base64 if its name ends in ``_bytes``."""
    return [name for name in outputs if name.endswith("_bytes")]


_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@router.api_route("/models/{rest:path}:{verb}", methods=_ANY, include_in_schema=False)
async def refuse_malformed(request: Request) -> Response:
    """Any other path or verb, as TensorFlow Serving answers it."""
    path = request.url.path[:200]
    raise HTTPException(HTTPStatus.BAD_REQUEST, f"Malformed request: {request.method} {path}")


@router.get("/models", summary="Names of the models")
async def list_models(models: Models) -> Response:
    """As KServe's V1 protocol has it."""
    return json_response({"models": sorted(models.served)})


@router.get("/models/{name}/versions/{version}", summary="State of one version")
@router.get("/models/{name}", summary="State of a model")
async def read_status(name: str, models: Models, version: str | None = None) -> Response:
    """TensorFlow Serving's state, with KServe V1's ``ready``; 503 for a broken model."""
    metadata = find_model(models, name, version)
    status = {
        "version": str(metadata.version),
        "state": "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
    }
    return json_response({"model_version_status": [status], "name": name, "ready": True})


@router.get("/models/{name}/versions/{version}/metadata", summary="Signatures of one version")
@router.get("/models/{name}/metadata", summary="Signatures of a model")
async def read_metadata(name: str, models: Models, version: str | None = None) -> Response:
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


router.add_api_route("/{rest:path}", refuse_malformed, methods=_ANY, include_in_schema=False)
