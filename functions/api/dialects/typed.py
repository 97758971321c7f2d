"""Each model's own typed route, ``POST /models/NAME/predict``.

``schemas`` describes what it takes and answers, so ``/docs`` shows the exact shapes with a working
example. A wrong type or length is a 422 that names the place. A request and its answer::

    {"instances": [{"x": [5.1, 3.5, 1.4, 0.2]}]}
    {"model": "iris", "version": 1, "predictions": [{"y": [0.98, 0.02, 0.0], "label": "setosa", …}]}

A model whose inputs are declared also takes what people have: pictures, texts and tables, as
``uploads`` tells. A body that is one value gets this value's prediction, without more around it::

    curl --form image=@cat.jpg 'https://…/models/pets/predict?top=2'
    [{"label": "tabby", "score": 0.93}, {"label": "tiger cat", "score": 0.05}]
"""

from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, HTTPException, Query, Request, Response

from functions.api.deps import Codecs, Models, Predict
from functions.api.dialects.answers import Rows, json_response
from functions.api.dialects.json_text import decode, read_object
from functions.api.dialects.uploads import Upload, read_upload
from inference.errors import InvalidInputError, Place
from inference.inputs.rows import from_values
from inference.models import Metadata
from inference.outputs import beside, predictions
from inference.signatures import Tensors
from inference.tensors import Json

router = APIRouter(tags=["models"])

_TOP = 5  # of one uploaded value, where the client does not say how many
MOST_TOP = 1_000_000

Top = Annotated[
    int | None,
    Query(ge=1, le=MOST_TOP, description="how many labels a row's prediction has, best first"),
]


@router.post("/models/{name}/predict", include_in_schema=False)
async def predict(
    name: str,
    request: Request,
    models: Models,
    predictor: Predict,
    codecs: Codecs,
    top: Top = None,
) -> Response:
    """Rows as objects, and an object for each row. Only for a model that takes rows."""
    metadata = models.describe(name)
    codec = codecs.get(name)
    encode = codec.encode if codec else None
    if codec and codec.decode:
        upload, inputs = None, await codec.decode(request)
    else:
        _require_rows(metadata)
        upload = await read_upload(request, metadata)
        if upload is None:
            body = await request.body()
            inputs = await decode(len(body), metadata, partial(_decode, metadata, body))
        else:
            inputs = await decode(upload.size, metadata, partial(_decode_upload, metadata, upload))
    if top is not None and not metadata.has_classes:
        raise InvalidInputError(
            f"model '{name}' has no labels, so that 'top' has no meaning: leave it out",
            [Place("query.top", "the model has no labels", "unknown_name")],
        )

    def answer(outputs: Tensors) -> Response:
        value = encode(outputs) if encode else _encode(outputs, metadata, upload, top)
        return json_response(value, limit=predictor.max_answer_bytes)

    return await predictor.run(metadata, inputs, metadata.default_signature, answer)


def _require_rows(metadata: Metadata) -> None:
    if not metadata.signature.takes_rows:
        raise HTTPException(
            HTTPStatus.NOT_FOUND,
            f"model '{metadata.name}' takes no rows; "
            f"send its tensors as 'inputs' to /v1/models/{metadata.name}:predict",
        )


def _decode(metadata: Metadata, content: bytes) -> Tensors:
    """Arrays ``(batch, …)``. Raises :class:`InvalidInputError` and :class:`TooLargeError`."""
    body = read_object(content, metadata, allow_nan=False)
    if body.keys() != {"instances"}:
        place = Place("body.instances", "a list of objects", "missing")
        raise InvalidInputError("the body must have 'instances' and nothing else", [place])
    inputs = from_values(body["instances"], metadata, root="body.instances", only_named=True)
    return _checked(inputs, metadata)


def _decode_upload(metadata: Metadata, upload: Upload) -> Tensors:
    return from_values(upload.read_rows(), metadata, root="body", only_named=True)


def _checked(inputs: Tensors, metadata: Metadata) -> Tensors:
    """A number beyond the dtype's range has become infinity. A declared value may be NaN."""
    for name, array in inputs.items():
        if name in metadata.inputs:
            continue
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InvalidInputError(f"'{name}' has values out of {array.dtype}'s range")
    return inputs


def _encode(
    outputs: Tensors, metadata: Metadata, upload: Upload | None, top: int | None
) -> dict[str, Any] | Json:
    """An object for each row; with ``top`` a list of labels for each row.

    One uploaded value gets its prediction alone.
    """
    alone = upload is not None and upload.is_one_value
    if alone:
        top = top or (_TOP if metadata.has_classes else None)
        (value,) = predictions(outputs, metadata.outputs, metadata.labels, top)
        return value
    if top is None:
        extra = beside(outputs, metadata.outputs, metadata.labels)
        rows: Json = Rows(outputs, extra=extra)
    else:
        rows = predictions(outputs, metadata.outputs, metadata.labels, top)
    return {"model": metadata.name, "version": metadata.version, "predictions": rows}
