"""The OpenAPI document: FastAPI's own, with the typed route of each model, and corrected.

It is made when somebody asks for it, so that a start does not wait for it.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from functions.api.dialects.examples import example_csv, example_requests, example_row
from functions.api.dialects.infer_tensors import InferRequest
from functions.api.dialects.schemas import request_schema, response_schema, upload_schemas
from functions.api.dialects.typed import MOST_TOP
from functions.api.dialects.uploads import types_of
from functions.api.errors import BODY_STATUSES
from inference.models import Metadata, ModelFolder

Document = dict[str, Any]
_DIALECTS = ("/v1", "/v2")  # where an invalid request is a 400, and never FastAPI's 422
_UNPROCESSABLE = "422"
_VERSION = {"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}
_TOP = {
    "name": "top",
    "in": "query",
    "description": "How many labels a row's prediction has, the best first.",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST_TOP},
    "example": 3,
}
_SCHEMAS = "#/components/schemas/"


def document(app: FastAPI) -> Document:
    """The document of what this application serves now."""
    models: ModelFolder = app.state.models
    made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    schemas = made["components"]["schemas"]
    _, infer = models_json_schema(
        [(InferRequest, "validation")], ref_template=f"{_SCHEMAS}{{model}}"
    )
    schemas |= infer["$defs"]
    for metadata in models.served.values():
        if metadata.signature.takes_rows:
            schemas[f"{metadata.name}_request"] = request_schema(
                metadata, example_row(models, metadata)
            )
            schemas[f"{metadata.name}_response"] = response_schema(metadata)
            made["paths"][f"/models/{metadata.name}/predict"] = {
                "post": _typed_route(metadata, example_csv(models, metadata))
            }
    for path, operation in _operations(made):
        _correct_validation(path, operation)
        if "{version}" in path:
            operation["parameters"].append(dict(_VERSION))
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _show_examples(made, models)
    return made


def _operations(made: Document) -> Iterator[tuple[str, Document]]:
    for path, operations in made["paths"].items():
        for operation in operations.values():
            yield path, operation


def _typed_route(metadata: Metadata, csv: str | None) -> Document:
    statuses = (
        *(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
        *(*BODY_STATUSES, HTTPStatus.INTERNAL_SERVER_ERROR),
    )
    name = metadata.name
    uploads = upload_schemas(metadata)
    content = _json(f"{name}_request") | {
        kind: uploads[kind] for kind in types_of(metadata) if kind in uploads
    }
    # JSON Schema cannot say what a CSV file holds.
    described = {"description": f"Also `text/csv`, such as:\n\n```\n{csv}```"} if csv else {}
    return {
        **described,
        "tags": ["models"],
        "summary": f"Predict with {name}",
        "operationId": f"predict_{name}",
        "parameters": [dict(_TOP)] if metadata.has_classes else [],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": "OK", "content": _json(f"{name}_response")},
            **{str(int(status)): _error(status) for status in statuses},
        },
    }


def _json(schema: str) -> Document:
    return {"application/json": {"schema": {"$ref": f"{_SCHEMAS}{schema}"}}}


def _error(status: HTTPStatus) -> Document:
    return {"description": status.phrase, "content": _json("ErrorResponse")}


def _correct_validation(path: str, operation: Document) -> None:
    """FastAPI declares a 422 of its own shape, which no route here answers."""
    responses = operation["responses"]
    if path.startswith(_DIALECTS):
        responses.pop(_UNPROCESSABLE, None)
    elif _UNPROCESSABLE in responses:
        responses[_UNPROCESSABLE] = _error(HTTPStatus.UNPROCESSABLE_ENTITY)


def _show_examples(made: Document, models: ModelFolder) -> None:
    """A name that is served, and a request that it answers, in the dialects' generic routes."""
    shown = next(
        (metadata for metadata in models.served.values() if metadata.signature.takes_rows), None
    )
    if shown is None:
        return
    bodies = {
        f"/{example.path.replace(f'/{shown.name}', '/{name}')}": example.body
        for example in example_requests(models, shown)
    }
    values = {"name": shown.name, "version": str(shown.version)}
    for path, operation in _operations(made):
        for parameter in operation.get("parameters", []):
            if path.startswith(_DIALECTS) and parameter["name"] in values:
                parameter["example"] = values[parameter["name"]]
        body = bodies.get(path.replace("/versions/{version}", ""))
        if body is not None:
            operation["requestBody"]["content"]["application/json"]["example"] = body
