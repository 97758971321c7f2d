"""What runs on the schedule: one job for each event of EventBridge Scheduler.

The event is ``{"scheduled_time": …}`` with the job's options beside it. ``{"model", "source",
"target"}`` scores a file. Anything else is for the job of an endpoint; ``"job": "NAME"`` says of
which, where several endpoints have one.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from mangum.types import LambdaContext
from pydantic import AwareDatetime, BaseModel, ConfigDict

from functions import endpoints
from functions.jobs import Clock, Job, Run, name_of_run
from functions.scheduled import scoring
from functions.scheduled.settings import settings
from inference.models import ModelFolder
from inference.settings import settings as inference_settings
from inference.telemetry import logger, metrics, traced

_models = ModelFolder(inference_settings.models_dir)
_jobs = {endpoint.name: endpoint.job for endpoint in endpoints.discover() if endpoint.job}


class Delivery(BaseModel):
    """An event; what it says beside these fields is the job's."""

    model_config = ConfigDict(extra="allow")

    scheduled_time: AwareDatetime
    job: str | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields that are the job's."""
        return self.model_extra or {}


@traced
@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one delivery; a second delivery of the same event writes the same objects.

    Raises what went wrong, so that Lambda retries it and then sends it to where failures go.
    """
    delivery = Delivery.model_validate(event)
    job = _choose_job(delivery)
    options = job.options.model_validate(delivery.fields)
    name = name_of_run(delivery.scheduled_time, options)
    run = Run(name, _models, settings.batches_bucket, Clock(context))
    started = datetime.now(UTC)
    manifest = job.run(options, run)
    for name, value in manifest.counts.items():
        metrics.add_metric(name, MetricUnit.Count, value)
    seconds = (datetime.now(UTC) - started).total_seconds()
    metrics.add_metric("BatchTime", MetricUnit.Seconds, seconds)
    logger.info("the run is finished", extra={"batch": run.name, **manifest.counts})
    return {"batch": run.name} | manifest.model_dump(mode="json", exclude={"parts"})


def _choose_job(delivery: Delivery) -> Job[Any]:
    if delivery.job is None and "model" in delivery.fields:
        return scoring.JOB
    name = delivery.job or (next(iter(_jobs)) if len(_jobs) == 1 else None)
    if name not in _jobs:
        raise ValueError(
            f"the event names the job {delivery.job!r}, the endpoints have {sorted(_jobs)}; "
            "send 'job', or 'model', 'source' and 'target' to score a file"
        )
    return _jobs[name]
