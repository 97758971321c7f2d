"""Asks a version of the function what the golden files ask, within the hook's own time."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import botocore.session
from botocore.config import Config
from mangum.types import LambdaContext

from inference import golden
from inference.agreement import require_agreement, scales_of
from inference.errors import InferenceError
from inference.models import Metadata, ModelFolder
from inference.rows import from_columns
from inference.signatures import Signature, Tensors
from inference.tensors import to_json

# Of one attempt to ask. The version itself ends after 29 seconds, by its timeout in template.yaml.
_SECONDS_TO_CONNECT = 2.0
_SECONDS_TO_ANSWER = 33.0
# A busy Lambda, or a lost connection, is asked again: after two seconds at most, then four.
_ATTEMPTS = 3
_SECONDS_OF_AN_ATTEMPT = _SECONDS_TO_CONNECT + _SECONDS_TO_ANSWER + 4


class OutOfTimeError(Exception):
    """The hook's time is nearly over, and not every model is asked."""


class Deadline:
    """The end of the time for the replay: some seconds before Lambda stops the function."""

    def __init__(self, context: LambdaContext, reserved_seconds: float) -> None:
        self._context = context
        self._reserved = reserved_seconds

    def seconds_left(self) -> float:
        """Seconds until then. Raises :class:`OutOfTimeError` if there are none."""
        left = self._context.get_remaining_time_in_millis() / 1000 - self._reserved
        if left <= 0:
            raise OutOfTimeError("the hook's time is over before every model is asked")
        return left


def differences(models: ModelFolder, version: str, deadline: Deadline) -> Iterator[str]:
    """What a function's version answers differently, a line each; nothing if all is well.

    Raises :class:`OutOfTimeError`, and botocore's errors where the version cannot be asked.
    """
    yield from models.broken.values()
    for name, metadata in models.served.items():
        for signature, whole in golden.read(models, name).items():
            # No more rows than the version takes at once: `max_batch` is for a user to lower.
            call = golden.first_rows(whole, metadata.signatures[signature], metadata.max_batch)
            event = _event(metadata, signature, call.inputs)
            response = _invoke(version, event, deadline.seconds_left())
            try:
                outputs = _decode(response, metadata.signatures[signature])
                require_agreement(outputs, call.outputs, scales_of(whole.outputs))
            except InferenceError as error:
                yield f"{name}/{signature}: {error}"


def _invoke(version: str, event: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The response of a version, or an error of botocore, within so many seconds."""
    attempts = max(1, min(_ATTEMPTS, int(seconds // _SECONDS_OF_AN_ATTEMPT)))
    to_connect = min(_SECONDS_TO_CONNECT, seconds / 2)
    config = Config(
        connect_timeout=to_connect,
        read_timeout=min(_SECONDS_TO_ANSWER, seconds - to_connect),
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    client = botocore.session.get_session().create_client("lambda", config=config)
    answer = client.invoke(FunctionName=version, Payload=json.dumps(event).encode())
    response: dict[str, Any] = json.load(answer["Payload"])
    return response


def _decode(response: dict[str, Any], signature: Signature) -> Tensors:
    """The outputs of an answer. Raises :class:`InferenceError` if it is not one."""
    status = response.get("statusCode")
    if status != HTTPStatus.OK:
        raise InferenceError(f"the version answered {status or response.get('errorType')}")
    outputs = json.loads(response["body"])["outputs"]
    if len(signature.outputs) == 1:
        outputs = {next(iter(signature.outputs)): outputs}
    return from_columns(outputs, Signature(inputs=signature.outputs, outputs={}))


def _event(metadata: Metadata, signature: str, inputs: Tensors) -> dict[str, Any]:
    """API Gateway's event for TensorFlow Serving's ``:predict``, in column form.

    NaN and infinity are asked for as bare words, so that they come back as they are.
    """
    columns = {name: to_json(array, as_b64=True) for name, array in inputs.items()}
    path = f"/v1/models/{metadata.name}:predict"
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "nan=tokens",
        "headers": {"content-type": "application/json", "host": "pre-traffic"},
        "requestContext": {
            "http": {"method": "POST", "path": path, "sourceIp": "127.0.0.1"},
            "requestId": "pre-traffic",
            "stage": "$default",
        },
        "body": json.dumps({"signature_name": signature, "inputs": columns}),
        "isBase64Encoded": False,
    }
