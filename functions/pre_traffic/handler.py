"""Replays every model's golden file against the new version, before a deployment shifts traffic.

CodeDeploy calls it with the deployment's ids, and rolls back unless it is told that all is well.

Format: AWS, "AppSpec 'hooks' section for an AWS Lambda deployment".
"""

import json
from typing import Any

import botocore.session
import numpy as np
from mangum.types import LambdaContext

from inference import golden
from inference.models import Metadata, served_models
from inference.settings import settings
from inference.signatures import Signature, Tensors
from inference.telemetry import logger
from inference.tensors import from_json, to_json


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Tell CodeDeploy ``Succeeded`` or ``Failed``; never leave it waiting for an hour."""
    try:
        wrong = replay_all(settings.new_version or "")
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


def replay_all(version: str) -> list[str]:
    """What of which model a function's version answers differently; nothing, if all is well."""
    models = served_models()
    client = botocore.session.get_session().create_client("lambda")
    wrong = [f"{name}: {reason}" for name, reason in models.broken.items()]
    for name, metadata in models.described.items():
        calls = golden.unpack(models.directory / name / golden.GOLDEN)
        for signature, (inputs, expected) in calls.items():
            event = _event(metadata, signature, inputs)
            answer = client.invoke(FunctionName=version, Payload=json.dumps(event).encode())
            response = json.loads(answer["Payload"].read())
            if not _agrees(response, metadata.signatures[signature], expected):
                wrong.append(f"{name}/{signature}")
    return wrong


def _agrees(response: dict[str, Any], signature: Signature, expected: Tensors) -> bool:
    if response.get("statusCode") != 200:  # noqa: PLR2004
        return False
    outputs = json.loads(response["body"])["outputs"]
    if len(signature.outputs) == 1:
        outputs = {next(iter(signature.outputs)): outputs}
    for name, array in expected.items():
        actual = from_json(outputs[name], signature.outputs[name], name)
        if array.dtype.kind == "f":
            allowed = golden.tolerance(array.dtype)
            if not np.allclose(actual, array, rtol=allowed, atol=allowed):
                return False
        elif not np.array_equal(actual, array):
            return False
    return True


def _event(metadata: Metadata, signature: str, inputs: Tensors) -> dict[str, Any]:
    """API Gateway's event for TensorFlow Serving's ``:predict``, in column form."""
    columns = {name: to_json(array, as_b64=True) for name, array in inputs.items()}
    path = f"/v1/models/{metadata.name}:predict"
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "pre-traffic"},
        "requestContext": {
            "http": {"method": "POST", "path": path, "sourceIp": "127.0.0.1"},
            "requestId": "pre-traffic",
            "stage": "$default",
        },
        "body": json.dumps({"signature_name": signature, "inputs": columns}),
        "isBase64Encoded": False,
    }
