"""An API Gateway authorizer that compares the header ``x-api-key`` with a secret.

It runs before any model code, in a function of its own. The key is in Secrets Manager or in SSM's
Parameter Store, where ``API_KEY_ARN`` says; a new value is in use after five minutes at most.

Format: AWS, "Control access to HTTP APIs with AWS Lambda authorizers", format 2.0, simple answers.
"""

import hmac
import time
from functools import cache
from typing import Any

import botocore.session
from mangum.types import LambdaContext

from functions.authorizer.settings import settings

_SECONDS_BETWEEN_READS = 300
_HEADER = "x-api-key"


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, bool]:  # noqa: ARG001
    """Allow the request or not. Comparing takes as long for a wrong key as for the right one."""
    sent = event.get("headers", {}).get(_HEADER, "")
    expected = _read_key(settings.api_key_arn, int(time.monotonic() // _SECONDS_BETWEEN_READS))
    return {"isAuthorized": hmac.compare_digest(sent.encode(), expected.encode())}


@cache
def _read_key(arn: str, period: int) -> str:  # noqa: ARG001 - a new period reads anew
    session = botocore.session.get_session()
    if ":secretsmanager:" in arn:
        secret = session.create_client("secretsmanager").get_secret_value(SecretId=arn)
        value: str = secret["SecretString"]
    else:
        name = arn.split(":parameter", 1)[1]
        parameter = session.create_client("ssm").get_parameter(Name=name, WithDecryption=True)
        value = parameter["Parameter"]["Value"]
    if not value:
        raise RuntimeError("the API key is empty, so every request is refused; store a key")
    return value
