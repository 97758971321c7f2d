"""``GET /names``, and the batches of names that the schedule wrote."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.metrics import MetricUnit
from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool

from functions.api.deps import BatchesBucket, Models, Predict
from functions.api.errors import declare
from functions.endpoints.pet_names.batches import Batches, BatchOfNames, list_batches, read_batch
from functions.endpoints.pet_names.drawing import MODEL, Drawing, draw_names
from functions.endpoints.pet_names.query import NamesQuery
from inference.telemetry import record

_RUN = r"^[0-9]{8}T[0-9]{6}Z(-[0-9a-f]{12})?$"

router = APIRouter(tags=["pet names"], responses=declare(HTTPStatus.UNPROCESSABLE_ENTITY))


@router.get(
    "/names",
    summary="Invent pet names",
    responses=declare(HTTPStatus.SERVICE_UNAVAILABLE),
)
async def read_names(
    response: Response, models: Models, predictor: Predict, query: Annotated[NamesQuery, Query()]
) -> list[str]:
    """Names that a neural network makes up, having read the licences of Seattle's pets.

    The answer's header `X-Seed` repeats it; `Server-Timing` holds the model's milliseconds.
    """
    drawing = await predictor.in_turn(MODEL, partial(draw_names, models, query), query.count)
    record_drawing(drawing)
    response.headers["X-Seed"] = str(drawing.seed)
    response.headers["Server-Timing"] = f"model;dur={drawing.model_milliseconds:.2f}"
    return drawing.names


@router.get(
    "/names/batches",
    summary="Batches that the schedule wrote",
    response_model_exclude_none=True,
    responses=declare(HTTPStatus.NOT_FOUND),
)
async def read_batches(
    bucket: BatchesBucket,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[str | None, Query(pattern=_RUN, description="`next` of an answer")] = None,
) -> Batches:
    """The newest first. A batch is listed once it is whole."""
    return await run_in_threadpool(list_batches, bucket, limit, before)


@router.get(
    "/names/batches/{batch}",
    summary="One batch",
    response_model_exclude_none=True,
    responses=declare(HTTPStatus.NOT_FOUND),
)
async def read_one_batch(
    bucket: BatchesBucket, batch: Annotated[str, Path(pattern=_RUN)]
) -> BatchOfNames:
    """Its names, or the addresses of its parts."""
    return await run_in_threadpool(read_batch, bucket, batch)


def record_drawing(drawing: Drawing) -> None:
    """Count the names of one request, and the time of the model."""
    record("NamesGenerated", MetricUnit.Count, len(drawing.names))
    record("ModelTime", MetricUnit.Milliseconds, drawing.model_milliseconds)
