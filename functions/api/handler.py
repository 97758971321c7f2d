"""API Gateway events in, responses out. Nothing else in the API knows of Lambda."""

import json
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from mangum import Mangum
from mangum.types import LambdaContext
from starlette.types import Receive, Scope, Send

from functions.api.app import app
from functions.api.errors import error_response
from inference.telemetry import count_server_error, logger, metrics, traced

_LAMBDA_LIMIT = 6 * 1024 * 1024  # bytes of the response as JSON, the body's quotes escaped
_TOO_LARGE = "the answer exceeds 6 MB, the most that Lambda returns; send fewer rows"
# Base64 makes four characters of three bytes.
_TOO_LARGE_PACKED = (
    "the answer exceeds 4.5 MB, the most that Lambda returns of binary data, which it takes as "
    "base64; send fewer rows"
)


async def _behind_its_stage(scope: Scope, receive: Receive, send: Send) -> None:
    """The application under the path of its stage, where that is not the default one."""
    stage = scope["aws.event"]["requestContext"].get("stage", "$default")
    if stage != "$default":
        scope["root_path"] = f"/{stage}"
    await app(scope, receive, send)


_adapter = Mangum(_behind_its_stage, lifespan="off")


@traced
@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@metrics.log_metrics(capture_cold_start_metric=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one API Gateway HTTP API event (payload format 2.0)."""
    response: dict[str, Any] = _adapter(event, context)
    if _exceeds_limit(response):
        # Lambda itself would refuse it, and the client would not learn why.
        message = _TOO_LARGE_PACKED if response["isBase64Encoded"] else _TOO_LARGE
        error = error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
        response |= {"statusCode": error.status_code, "body": bytes(error.body).decode()}
        response |= {"headers": dict(error.headers), "isBase64Encoded": False}
    if response["statusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # Lambda counts no error where the handler answers, so this is counted here.
        count_server_error()
    return response


def _exceeds_limit(response: dict[str, Any]) -> bool:
    body: str = response["body"]
    return len(body) > _LAMBDA_LIMIT // 6 and len(json.dumps(response)) > _LAMBDA_LIMIT
