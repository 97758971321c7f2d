"""Logger, metrics and traces, made once and imported from here."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from inference.settings import settings

if TYPE_CHECKING:
    from inference.tracing import Tracing

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

# A request that runs no model, such as `/health`, has no metric of its own.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger(service=settings.service_name)
metrics = Metrics(service=settings.service_name, namespace=settings.metrics_namespace)
tracing: "Tracing | None" = None
if settings.traces_endpoint:
    # Importing OpenTelemetry takes 0.1 s, which only who collects traces pays.
    from inference.tracing import start_tracing

    tracing = start_tracing()


def record(name: str, unit: MetricUnit, value: float) -> None:
    """Add to a metric. The Lambda handler writes it out; elsewhere nothing is recorded."""
    if settings.on_lambda:
        metrics.add_metric(name, unit, value)


def count_server_error() -> None:
    """Write ``ServerErrors`` with the function's version, by which a deployment is rolled back.

    It is a line of its own, because all metrics of one line have the same dimensions.
    """
    with single_metric(
        "ServerErrors", MetricUnit.Count, 1, namespace=settings.metrics_namespace
    ) as metric:
        metric.add_dimension("service", settings.service_name)
        metric.add_dimension("version", settings.function_version)


def span(name: str, **attributes: str | int) -> AbstractContextManager[None]:
    """A span of the current trace, with these attributes; nothing where nobody collects."""
    return tracing.span(name, attributes) if tracing else nullcontext()


def traced(handler: Handler) -> Handler:
    """The Lambda handler with a span around each invocation; itself where nobody collects."""
    return tracing.around(handler) if tracing else handler
