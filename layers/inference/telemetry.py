"""Logger, tracer and metrics, made once and imported from here."""

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from inference.settings import settings

# A request that runs no model, such as `/health`, has no metric of its own.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger(service=settings.service_name)
# Without X-Ray's daemon there is nothing to trace, and importing its SDK takes 0.2 s.
tracer = Tracer(service=settings.service_name, auto_patch=False) if settings.xray_daemon else None
metrics = Metrics(service=settings.service_name, namespace=settings.metrics_namespace)


def record(name: str, unit: MetricUnit, value: float) -> None:
    """Add to a metric. The Lambda handler writes it out; elsewhere nothing is recorded."""
    if settings.on_lambda:
        metrics.add_metric(name, unit, value)
