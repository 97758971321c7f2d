"""Each model's own typed route, ``POST /models/NAME/predict``, made from its signature.

What is sent and answered are Pydantic models, so that ``/docs`` shows the exact shapes with a
working example, and a wrong type or length is a 422 that names the place.

>>> httpx2.post("…/models/iris/predict", json={"instances": [{"x": [5.1, 3.5, 1.4, 0.2]}]}).json()
{"model": "iris", "version": 1, "predictions": [{"y": [0.98, 0.02, 0.0], "label": "setosa", …}]}
"""

from typing import Any

import numpy as np
from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from functions.api.dialects import json_response
from functions.api.examples import example_row
from functions.api.schemas import request_type, response_type
from inference.models import Metadata, ModelFolder
from inference.signatures import Signature, Tensors
from inference.tensors import from_json, to_json


def router_for(models: ModelFolder) -> APIRouter:
    """One route for every model that takes rows: whose tensors all begin with a free dimension."""
    router = APIRouter(tags=["models"])
    for metadata in models.described.values():
        signature = metadata.signatures[metadata.default_signature]
        if signature.takes_rows:
            _add_route(router, models, metadata, signature)
    return router


def _add_route(
    router: APIRouter, models: ModelFolder, metadata: Metadata, signature: Signature
) -> None:
    def add_example(schema: dict[str, Any]) -> None:
        if (row := example_row(models, metadata)) is not None:
            schema["example"] = {"instances": [row]}

    request_model = request_type(metadata, signature, add_example)

    async def predict(request: request_model) -> Response:  # type: ignore[valid-type]
        model = models.get(metadata.name)
        inputs = _stack(request, signature)
        outputs = await run_in_threadpool(model.predict, inputs)
        return json_response(
            {
                "model": metadata.name,
                "version": metadata.version,
                "predictions": _rows(outputs, metadata.labels),
            }
        )

    router.add_api_route(
        f"/models/{metadata.name}/predict",
        predict,
        methods=["POST"],
        summary=f"Predict with {metadata.name}",
        response_model=response_type(metadata, signature),
        operation_id=f"predict_{metadata.name}",
    )


def _stack(request: BaseModel, signature: Signature) -> Tensors:
    """Rows to arrays ``(batch, …)``. Raises :class:`InvalidInputError` where lengths differ."""
    rows: list[BaseModel] = request.instances  # type: ignore[attr-defined]
    return {
        name: from_json([getattr(row, f"tensor_{number}") for row in rows], spec, name)
        for number, (name, spec) in enumerate(signature.inputs.items())
    }


def _rows(outputs: Tensors, labels: list[str]) -> list[dict[str, Any]]:
    """An object per row, with the best label where there are labels."""
    columns = [to_json(array) for array in outputs.values()]
    rows = [dict(zip(outputs, values, strict=True)) for values in zip(*columns, strict=True)]
    for name, array in outputs.items():
        if labels and array.shape[1:] == (len(labels),):
            for row, scores in zip(rows, array, strict=True):
                best = int(np.argmax(scores))
                row |= {"label": labels[best], "score": row[name][best]}
            break
    return rows
