"""What runs on the schedule. Edit this file to run something of your own.

EventBridge Scheduler sends ``{"scheduled_time": …}`` with what its input says: by default a batch
of names, ``{"count", "species", "temperature"}``; or a file to score, ``{"model", "source",
"target"}``.
"""

from datetime import UTC, datetime
from typing import Any, Literal

from aws_lambda_powertools.metrics import MetricUnit
from mangum.types import LambdaContext
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from functions.scheduled.clock import Clock
from functions.scheduled.names import write_names
from functions.scheduled.scoring import score
from functions.storage import Bucket
from inference.settings import settings
from inference.telemetry import logger, metrics


class _Scheduled(BaseModel):
    model_config = ConfigDict(extra="forbid")

    scheduled_time: AwareDatetime

    @property
    def batch(self) -> str:
        """The batch's name: the scheduled minute, whenever it is delivered."""
        return self.scheduled_time.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


class NamesRequest(_Scheduled):
    """A batch of names."""

    count: int = Field(default=10_000, ge=1, le=1_000_000)
    species: Literal["dog", "cat"] | None = None
    temperature: float = Field(default=1.0, ge=0.1, le=3)


class ScoreRequest(_Scheduled):
    """Rows of a JSON Lines file through a model."""

    model: str
    source: str = Field(pattern=r"^s3://[^/]+/.+\.jsonl(\.gz)?$")
    target: str = Field(pattern=r"^s3://[^/]+/.+")


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one delivery; a second delivery of the same time writes the same objects.

    Raises what went wrong, so that Lambda retries it and then sends it to where failures go.
    """
    kind: type[ScoreRequest | NamesRequest] = ScoreRequest if "model" in event else NamesRequest
    request = kind.model_validate(event)
    clock = Clock(context)
    started = datetime.now(UTC)
    if isinstance(request, ScoreRequest):
        done = score(request.model, request.source, request.target, request.batch, clock)
        counted = {"RowsScored": done["scored"], "RowsRejected": done["rejected"]}
    else:
        if settings.batches_bucket is None:
            raise RuntimeError("BATCHES_BUCKET is not set: there is nowhere to write names to")
        done = write_names(
            Bucket(settings.batches_bucket),
            request.batch,
            count=request.count,
            species=request.species,
            temperature=request.temperature,
            clock=clock,
        )
        counted = {"NamesWritten": done["count"]}
    for name, value in counted.items():
        metrics.add_metric(name, MetricUnit.Count, value)
    seconds = (datetime.now(UTC) - started).total_seconds()
    metrics.add_metric("BatchTime", MetricUnit.Seconds, seconds)
    logger.info("batch written", batch=request.batch, **counted)
    return {"batch": request.batch, **{key: done[key] for key in done if key != "parts"}}
