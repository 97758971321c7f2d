"""An API Gateway authorizer that compares the header ``x-api-key`` with a secret.

It runs before any model code, in a function of its own. The key is in Secrets Manager or in SSM's
Parameter Store, where ``API_KEY_ARN`` says; a new value is in use after five minutes at most.

Format: AWS, "Control access to HTTP APIs with AWS Lambda authorizers", format 2.0, simple answers.
"""

import hmac
from typing import Any

from mangum.types import LambdaContext

from functions.authorizer.keys import KeyCache
from functions.authorizer.settings import settings

_HEADER = "x-api-key"
_keys = KeyCache(settings.api_key_arn)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, bool]:  # noqa: ARG001
    """Allow the request or not. Comparing takes as long for a wrong key as for the right one."""
    sent = (event.get("headers") or {}).get(_HEADER)
    if not isinstance(sent, str):
        return {"isAuthorized": False}
    # Bytes of a header that are no UTF-8 may arrive as lone surrogates.
    sent_bytes = sent.encode("utf-8", "surrogatepass")
    return {"isAuthorized": hmac.compare_digest(sent_bytes, _keys.read().encode())}
