"""API Gateway events in, responses out: all that is Lambda's own in the API."""

from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from mangum import Mangum
from mangum.types import LambdaContext

from functions.api.app import app
from inference.telemetry import logger, metrics, tracer

_adapter = Mangum(app, lifespan="off")


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@metrics.log_metrics(capture_cold_start_metric=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one API Gateway HTTP API event (payload format 2.0)."""
    response: dict[str, Any] = _adapter(event, context)
    return response


if tracer:
    lambda_handler = tracer.capture_lambda_handler(lambda_handler, capture_response=False)
