"""Each model's own typed route, ``POST /models/NAME/predict``, made from its signature.

What is sent and answered are Pydantic models. So ``/docs`` shows the exact shapes with a working
example, and a wrong type or length is a 422 that names the place. A request and its answer::

    {"instances": [{"x": [5.1, 3.5, 1.4, 0.2]}]}
    {"model": "iris", "version": 1, "predictions": [{"y": [0.98, 0.02, 0.0], "label": "setosa", …}]}
"""

from http import HTTPStatus
from typing import Any

import numpy as np
from fastapi import APIRouter, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from functions.api.deps import Models, Predict
from functions.api.dialects import json_response
from functions.api.dialects.examples import example_row
from functions.api.dialects.schemas import types_of
from inference.models import Metadata, ModelFolder
from inference.rows import from_rows, to_rows
from inference.signatures import Tensors
from inference.tensors import Json


def router_for(models: ModelFolder) -> APIRouter:
    """A route for every model that takes rows: all its tensors begin with a free dimension."""
    router = APIRouter(tags=["models"])
    for metadata in models.served.values():
        if metadata.signature.takes_rows:
            _add_route(router, metadata, example_row(models, metadata))
    router.add_api_route(
        "/models/{name}/predict", refuse, methods=["POST"], include_in_schema=False
    )
    return router


def _add_route(router: APIRouter, metadata: Metadata, example: dict[str, Json] | None) -> None:
    def add_example(schema: dict[str, Any]) -> None:
        if example is not None:
            schema["example"] = {"instances": [example]}

    types = types_of(metadata, add_example)
    request_model = types.request

    async def predict(request: request_model, predictor: Predict) -> Response:  # type: ignore[valid-type]
        inputs = _decode(request, metadata)
        outputs = await run_in_threadpool(
            predictor.run, metadata.name, inputs, metadata.default_signature
        )
        return json_response(_encode(outputs, metadata))

    router.add_api_route(
        f"/models/{metadata.name}/predict",
        predict,
        methods=["POST"],
        summary=f"Predict with {metadata.name}",
        response_model=types.response,
        operation_id=f"predict_{metadata.name}",
    )


def _decode(request: BaseModel, metadata: Metadata) -> Tensors:
    """Arrays ``(batch, …)``. Raises :class:`InvalidInputError` where lengths differ."""
    rows: list[BaseModel] = request.instances  # type: ignore[attr-defined]
    names = metadata.signature.inputs  # the fields are in the same order
    named = [dict(zip(names, vars(row).values(), strict=True)) for row in rows]
    return from_rows(named, metadata.signature)


def _encode(outputs: Tensors, metadata: Metadata) -> dict[str, Json]:
    """An object per row, with the best label where there are labels."""
    rows = to_rows(outputs)
    labels = metadata.labels
    for name, array in outputs.items():
        if labels and array.shape[1:] == (len(labels),):
            for row, scores in zip(rows, array, strict=True):
                best = int(np.argmax(scores))
                row |= {"label": labels[best], "score": row[name][best]}
            break
    return {"model": metadata.name, "version": metadata.version, "predictions": rows}


async def refuse(name: str, models: Models) -> Response:
    """Any other model: not there, broken, or one that takes no rows."""
    models.describe(name)
    raise HTTPException(
        HTTPStatus.NOT_FOUND,
        f"model '{name}' takes no rows; send its tensors as 'inputs' to /v1/models/{name}:predict",
    )
