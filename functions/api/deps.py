"""Every dependency of a route, as one named type.

How a route uses one::

    @router.get("/iris")
    async def read_iris(predictor: Predict) -> dict[str, float]:
        outputs = await predictor.predict("iris", {"flower": row})
        ...

The application puts the values into its state. So each application serves its own models.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Query, Request

from functions.api.codecs import Codec
from functions.api.limits import Predictor
from functions.storage import Bucket
from inference.models import ModelFolder

# These functions are `async` because FastAPI runs a plain one in a thread, which costs time.


async def _models(request: Request) -> ModelFolder:
    models: ModelFolder = request.app.state.models
    return models


async def _predictor(request: Request) -> Predictor:
    state = request.app.state
    return Predictor(state.models, state.turns, state.settings.max_body_bytes, request)


async def _batches_bucket(request: Request) -> Bucket:
    name: str | None = request.app.state.settings.batches_bucket
    if name is None:
        raise HTTPException(
            HTTPStatus.NOT_FOUND, "this server keeps no batches: BATCHES_BUCKET is not set"
        )
    return Bucket(name)


async def _codecs(request: Request) -> Mapping[str, Codec]:
    codecs: Mapping[str, Codec] = request.app.state.codecs
    return codecs


async def _version(request: Request) -> str | None:
    version: str | None = request.path_params.get("version")
    return version


Version = Annotated[str | None, Depends(_version)]
"""The version in the path of the request; None where the path names none."""

Codecs = Annotated[Mapping[str, Codec], Depends(_codecs)]
"""The endpoints' own code for typed routes, by the model's name."""

Models = Annotated[ModelFolder, Depends(_models)]
"""The models that this application serves."""

Predict = Annotated[Predictor, Depends(_predictor)]
"""Runs a model when it is this request's turn, within the limits of HTTP."""

BatchesBucket = Annotated[Bucket, Depends(_batches_bucket)]
"""The bucket of the schedule's jobs; 404 where there is none."""

NonFinite = Annotated[
    Literal["null", "tokens"],
    Query(description="How NaN and infinity are written; `tokens` are not valid JSON."),
]
"""The query parameter `nan` of the dialects."""
