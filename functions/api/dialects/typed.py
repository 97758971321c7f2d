"""Each model's own typed route, ``POST /models/NAME/predict``.

``schemas`` describes what it takes and answers, so ``/docs`` shows the exact shapes with a working
example. A wrong type or length is a 422 that names the place. A request and its answer::

    {"instances": [{"x": [5.1, 3.5, 1.4, 0.2]}]}
    {"model": "iris", "version": 1, "predictions": [{"y": [0.98, 0.02, 0.0], "label": "setosa", …}]}
"""

from functools import partial
from http import HTTPStatus
from typing import Any

import numpy as np
from fastapi import APIRouter, HTTPException, Request, Response

from functions.api.deps import Models, Predict
from functions.api.dialects.answers import Rows, json_response
from functions.api.dialects.json_text import decode, read_object
from inference.errors import InvalidInputError, Place
from inference.models import Metadata
from inference.rows import from_rows
from inference.signatures import Tensors
from inference.tensors import Json, to_json

router = APIRouter(tags=["models"])


@router.post("/models/{name}/predict", include_in_schema=False)
async def predict(name: str, request: Request, models: Models, predictor: Predict) -> Response:
    """Rows as objects, and an object for each row. Only for a model that takes rows."""
    metadata = models.describe(name)
    if not metadata.signature.takes_rows:
        raise HTTPException(
            HTTPStatus.NOT_FOUND,
            f"model '{name}' takes no rows; "
            f"send its tensors as 'inputs' to /v1/models/{name}:predict",
        )
    body = await request.body()
    inputs = await decode(len(body), partial(_decode, metadata, body))

    def answer(outputs: Tensors) -> Response:
        return json_response(_encode(outputs, metadata), limit=predictor.max_answer_bytes)

    return await predictor.run(metadata, inputs, metadata.default_signature, answer)


def _decode(metadata: Metadata, content: bytes) -> Tensors:
    """Arrays ``(batch, …)``. Raises :class:`InvalidInputError` and :class:`TooLargeError`."""
    body = read_object(content, metadata, allow_nan=False)
    if body.keys() != {"instances"}:
        place = Place("body.instances", "a list of objects", "missing")
        raise InvalidInputError("the body must have 'instances' and nothing else", [place])
    signature = metadata.signature
    inputs = from_rows(
        body["instances"], signature, metadata.limits, root="body.instances", only_named=True
    )
    for name, array in inputs.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InvalidInputError(f"'{name}' has values out of {array.dtype}'s range")
    return inputs


def _encode(outputs: Tensors, metadata: Metadata) -> dict[str, Any]:
    """An object for each row, with the best label where there are labels."""
    rows = Rows(outputs, extra=_best_labels(outputs, metadata.labels))
    return {"model": metadata.name, "version": metadata.version, "predictions": rows}


def _best_labels(outputs: Tensors, labels: list[str]) -> list[dict[str, Json]]:
    """``label`` and ``score`` of each row, by the first output that has a score for each label."""
    for array in outputs.values():
        if labels and array.shape[1:] == (len(labels),):
            best = np.argmax(array, axis=1)
            scores = to_json(np.take_along_axis(array, best[:, np.newaxis], axis=1)[:, 0])
            return [
                {"label": labels[place], "score": score}
                for place, score in zip(best.tolist(), scores, strict=True)
            ]
    return []
