"""Replays every model's golden file against the new version, before a deployment shifts traffic.

CodeDeploy calls it with the deployment's ids. It rolls back unless it is told ``Succeeded``.

Format: AWS, "AppSpec 'hooks' section for an AWS Lambda deployment".
"""

import json
from http import HTTPStatus
from typing import Any

import botocore.session
from mangum.types import LambdaContext

from functions.pre_traffic.settings import settings
from inference import golden
from inference.agreement import require_agreement
from inference.errors import InferenceError
from inference.models import Metadata, ModelFolder
from inference.rows import from_columns
from inference.settings import settings as inference_settings
from inference.signatures import Signature, Tensors
from inference.telemetry import logger
from inference.tensors import to_json

_models = ModelFolder(inference_settings.models_dir)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Tell CodeDeploy ``Succeeded`` or ``Failed``. Without a word it would wait for an hour."""
    try:
        wrong = replay_all(_models, settings.new_version)
    except Exception as error:  # noqa: BLE001 - CodeDeploy must be told, whatever happened
        logger.exception("the golden files could not be replayed")
        wrong = [type(error).__name__]
    status = "Failed" if wrong else "Succeeded"
    logger.info("golden files replayed", status=status, wrong=wrong)
    client = botocore.session.get_session().create_client("codedeploy")
    client.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )
    return {"status": status, "wrong": wrong}


def replay_all(models: ModelFolder, version: str) -> list[str]:
    """What a function's version answers differently, a line each; nothing if all is well."""
    client = botocore.session.get_session().create_client("lambda")
    wrong = list(models.broken.values())
    for name, metadata in models.served.items():
        for signature, whole in golden.read(models, name).items():
            # No more rows than the version takes at once: `max_batch` is for a user to lower.
            call = golden.first_rows(whole, metadata.signatures[signature], metadata.max_batch)
            event = _event(metadata, signature, call.inputs)
            answer = client.invoke(FunctionName=version, Payload=json.dumps(event).encode())
            try:
                outputs = _decode(json.load(answer["Payload"]), metadata.signatures[signature])
                require_agreement(outputs, call.outputs)
            except InferenceError as error:
                wrong.append(f"{name}/{signature}: {error}")
    return wrong


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
