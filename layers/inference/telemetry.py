"""Logger, tracer and metrics, made once and imported from here."""

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from inference.settings import settings

# Requests that draw no names (health, documentation) have no metric of their own.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger(service=settings.service_name)
# Without X-Ray's daemon there is nothing to trace, and importing its SDK takes a fifth of a second.
tracer = Tracer(service=settings.service_name, auto_patch=False) if settings.xray_daemon else None
metrics = Metrics(service=settings.service_name, namespace=settings.metrics_namespace)


def record_generation(names: int, model_milliseconds: float) -> None:
    """Count what one request drew. Written out by the Lambda handler; elsewhere a no-op."""
    if settings.on_lambda:
        metrics.add_metric("NamesGenerated", MetricUnit.Count, names)
        metrics.add_metric("ModelTime", MetricUnit.Milliseconds, model_milliseconds)
