"""Replays every model's golden file against the new version, before a deployment shifts traffic.

CodeDeploy calls it with the deployment's ids. It rolls back unless it is told ``Succeeded``.

Format: AWS, "AppSpec 'hooks' section for an AWS Lambda deployment".
"""

from typing import Any

import botocore.session
from botocore.config import Config
from mangum.types import LambdaContext

from functions.pre_traffic.replay import Deadline, differences
from functions.pre_traffic.settings import settings
from inference.models import ModelFolder
from inference.settings import settings as inference_settings
from inference.telemetry import logger

# Four attempts of five seconds, and the waits of a second, two and four between them.
TELLING = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 4}
)
SECONDS_TO_TELL = 30

_models = ModelFolder(inference_settings.models_dir)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Tell CodeDeploy ``Succeeded`` or ``Failed``. Without a word it would wait for an hour.

    So the replay ends while there is time left to tell.
    """
    wrong: list[str] = []
    try:
        wrong.extend(differences(_models, settings.new_version, Deadline(context, SECONDS_TO_TELL)))
    except Exception as error:  # noqa: BLE001 - CodeDeploy must be told, whatever happened
        logger.exception("the golden files could not be replayed")
        wrong.append(type(error).__name__)
    status = "Failed" if wrong else "Succeeded"
    logger.info("golden files replayed", status=status, wrong=wrong)
    _tell_codedeploy(event, status)
    return {"status": status, "wrong": wrong}


def _tell_codedeploy(event: dict[str, Any], status: str) -> None:
    client = botocore.session.get_session().create_client("codedeploy", config=TELLING)
    try:
        client.put_lifecycle_event_hook_execution_status(
            deploymentId=event["DeploymentId"],
            lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
            status=status,
        )
    except client.exceptions.LifecycleEventAlreadyCompletedException:
        # CodeDeploy got an earlier attempt, whose answer was lost; or it stopped the deployment.
        logger.warning("CodeDeploy has a status already; it ignores this one", status=status)
