"""The hook invokes the real handler under AWS's emulator; CodeDeploy is listened for."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from functions.pre_traffic import handler
from inference import golden
from inference.models import ModelFolder, served_models
from inference.settings import settings
from tests.emulator import emulator

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
CONTEXT: Any = SimpleNamespace(
    function_name="PreTrafficFunction",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:PreTrafficFunction",
    aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
)
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    """What CodeDeploy was told, with a new version of the function that answers."""
    received: list[dict[str, Any]] = []

    class CodeDeploy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].split(".")[1]
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            received.append({"operation": operation, **body})
            answer = json.dumps(
                {"lifecycleEventHookExecutionId": body["lifecycleEventHookExecutionId"]}
            ).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Silence."""

    server = HTTPServer(("127.0.0.1", 0), CodeDeploy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    log = tmp_path_factory.mktemp("version") / "log"
    with emulator(log) as invocations, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_LAMBDA", invocations.split("/2015")[0])
        patch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", f"http://127.0.0.1:{server.server_port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")  # pragma: allowlist secret
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        # The emulator knows its function by this name.
        changed = settings.model_copy(update={"new_version": "function"})
        patch.setattr(handler, "settings", changed)
        yield received
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_version_that_answers_as_it_should_is_let_through(told: list[dict[str, Any]]) -> None:
    assert handler.lambda_handler(EVENT, CONTEXT) == {"status": "Succeeded", "wrong": []}
    assert told[-1] == {
        "operation": "PutLifecycleEventHookExecutionStatus",
        "deploymentId": "d-1",
        "lifecycleEventHookExecutionId": "hook-1",
        "status": "Succeeded",
    }


def test_a_version_that_answers_differently_is_stopped(
    told: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = served_models().directory / "pet_names"
    shutil.copytree(served, tmp_path / "pet_names")
    file = tmp_path / "pet_names" / golden.GOLDEN
    with np.load(file) as arrays:
        changed = {name: arrays[name].copy() for name in arrays.files}
    changed["next_character/outputs/probabilities"][0, 0, 0] += 0.01
    np.savez(file, allow_pickle=False, **changed)
    monkeypatch.setattr(handler, "served_models", lambda: ModelFolder(tmp_path))
    answer = handler.lambda_handler(EVENT, CONTEXT)
    assert answer == {"status": "Failed", "wrong": ["pet_names/next_character"]}
    assert told[-1]["status"] == "Failed"


def test_a_version_that_cannot_be_asked_is_stopped(
    told: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    answer = handler.lambda_handler(EVENT, CONTEXT)
    assert answer == {"status": "Failed", "wrong": ["EndpointConnectionError"]}
    assert told[-1]["status"] == "Failed"
