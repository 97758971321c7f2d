"""The hook tells CodeDeploy its result before Lambda stops it, whatever is slow."""

import socket
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from botocore.config import Config

from inference.models import ModelFolder
from tests.aws import context, started, use_credentials
from tests.integration.pre_traffic.codedeploy import NO_ANSWER, CodeDeploy, codedeploy
from tests.processes import MODELS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"}
TO_TELL = 30_000  # milliseconds, which the hook keeps for CodeDeploy


@pytest.fixture
def deployments(monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeDeploy]:
    with codedeploy() as deployments:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", deployments.url)
        use_credentials(monkeypatch)
        yield deployments


@pytest.fixture
def silent_lambda(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """It takes requests, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{port}")
        yield server


@pytest.fixture
def hook(deployments: CodeDeploy, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    handler = started(monkeypatch, "pre_traffic", NEW_VERSION="arn:version")
    monkeypatch.setattr(handler, "_models", ModelFolder(MODELS))
    return handler


def replay(hook: ModuleType, milliseconds: int) -> Any:
    return hook.lambda_handler(EVENT, context("PreTrafficFunction", milliseconds))


def statuses(deployments: CodeDeploy) -> list[str]:
    return [told["status"] for told in deployments.told]


def test_a_version_that_does_not_answer_is_stopped_in_time(
    hook: ModuleType, deployments: CodeDeploy, silent_lambda: socket.socket
) -> None:
    answer = replay(hook, TO_TELL + 200)
    assert answer == {"status": "Failed", "wrong": ["ReadTimeoutError"]}
    assert statuses(deployments) == ["Failed"]
    silent_lambda.accept()[0].close()
    silent_lambda.settimeout(0)
    with pytest.raises(BlockingIOError):  # asked once: a second attempt would take time again
        silent_lambda.accept()


def test_no_model_is_asked_when_only_the_time_to_tell_is_left(
    hook: ModuleType, deployments: CodeDeploy, silent_lambda: socket.socket
) -> None:
    answer = replay(hook, TO_TELL)
    assert answer == {"status": "Failed", "wrong": ["OutOfTimeError"]}
    assert statuses(deployments) == ["Failed"]
    silent_lambda.settimeout(0)
    with pytest.raises(BlockingIOError):
        silent_lambda.accept()


def test_what_was_found_before_the_time_was_over_is_told(
    hook: ModuleType, deployments: CodeDeploy, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "iris").symlink_to(MODELS / "iris")
    monkeypatch.setattr(hook, "_models", ModelFolder(tmp_path))
    answer = replay(hook, TO_TELL)
    assert answer["wrong"] == ["empty: has no metadata.json", "OutOfTimeError"]


@pytest.mark.parametrize("failure", [500, NO_ANSWER, "ThrottlingException"])
def test_codedeploy_is_told_again_until_it_answers(
    hook: ModuleType,
    deployments: CodeDeploy,
    failure: int | str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deployments.failures = [failure]
    quickly = Config(read_timeout=0.5)  # in place of three seconds
    monkeypatch.setattr(hook, "TELLING", hook.TELLING.merge(quickly))
    assert replay(hook, TO_TELL)["status"] == "Failed"
    assert statuses(deployments) == ["Failed", "Failed"]


def test_telling_codedeploy_takes_no_longer_than_the_time_for_it(hook: ModuleType) -> None:
    config = hook.TELLING
    attempts = config.retries["total_max_attempts"]
    waits = sum(2**attempt for attempt in range(attempts - 1))  # seconds, at most
    most = attempts * (config.connect_timeout + config.read_timeout) + waits
    assert most <= hook.SECONDS_TO_TELL


def test_a_status_that_codedeploy_has_already_is_no_error(
    hook: ModuleType, deployments: CodeDeploy, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer to the first attempt was lost, or the deployment was stopped meanwhile."""
    deployments.failures = ["LifecycleEventAlreadyCompletedException"]
    assert replay(hook, TO_TELL)["status"] == "Failed"
    assert caplog.messages[-1] == "CodeDeploy has a status already; it ignores this one"
