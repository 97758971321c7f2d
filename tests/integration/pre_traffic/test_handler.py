"""The hook invokes the real handler under AWS's emulator; CodeDeploy is listened for."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from inference import golden
from inference.models import ModelFolder
from tests.aws import context, started, use_credentials
from tests.folders import change, change_golden, copy_iris
from tests.integration.pre_traffic.codedeploy import codedeploy
from tests.lambda_runtime import lambda_runtime
from tests.processes import MODELS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"}


@dataclass
class Hook:
    """The hook's module, and what CodeDeploy was told by it."""

    handler: ModuleType
    told: list[dict[str, Any]]

    def replay(self, milliseconds: int = 300_000) -> dict[str, Any]:
        invocation = context("PreTrafficFunction", milliseconds)
        answer: dict[str, Any] = self.handler.lambda_handler(EVENT, invocation)
        return answer


def with_golden(folder: Path, models: Path, outputs: Any) -> None:
    """A copy of the models, one of them with other golden outputs."""
    shutil.copytree(models, folder, dirs_exist_ok=True)
    file = folder / "iris" / golden.GOLDEN
    with np.load(file) as arrays:
        changed = {name: arrays[name].copy() for name in arrays.files}
    changed["serving_default/outputs/species"][:] = outputs(
        changed["serving_default/outputs/species"]
    )
    np.savez(file, allow_pickle=False, **changed)


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    """The hook in front of a new version of the function, which answers."""
    log = tmp_path_factory.mktemp("version") / "log"
    environment = {"MODELS_DIR": str(MODELS)}
    with (
        lambda_runtime(log, environment) as invocations,
        codedeploy() as deployments,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AWS_ENDPOINT_URL_LAMBDA", invocations.split("/2015")[0])
        patch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", deployments.url)
        use_credentials(patch)
        # The runtime emulator knows its function by this name.
        handler = started(patch, "pre_traffic", NEW_VERSION="function")
        patch.setattr(handler, "_models", ModelFolder(MODELS))
        yield Hook(handler, deployments.told)


def test_a_version_that_answers_as_it_should_is_let_through(hook: Hook) -> None:
    assert hook.replay() == {"status": "Succeeded", "wrong": []}
    assert hook.told[-1] == {
        "operation": "PutLifecycleEventHookExecutionStatus",
        "deploymentId": "d-1",
        "lifecycleEventHookExecutionId": "hook-1",
        "status": "Succeeded",
    }


def test_a_version_that_answers_differently_is_stopped(
    hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_golden(tmp_path, MODELS, lambda outputs: outputs + 0.01)
    monkeypatch.setattr(hook.handler, "_models", ModelFolder(tmp_path))
    answer = hook.replay()
    assert answer == {
        "status": "Failed",
        "wrong": [wrong := answer["wrong"][0]],
    }
    assert wrong.startswith("iris/serving_default: species differs by 1.00e-02 at [")
    assert wrong.endswith("is the most that agrees")
    assert hook.told[-1]["status"] == "Failed"


def test_a_version_that_does_not_serve_a_model_is_stopped(
    hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(MODELS / "iris", tmp_path / "tulip")
    file = tmp_path / "tulip/metadata.json"
    file.write_text(file.read_text().replace('"name": "iris"', '"name": "tulip"'))
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(hook.handler, "_models", ModelFolder(tmp_path))
    assert hook.replay()["wrong"] == [
        "empty: has no metadata.json",
        "tulip/serving_default: the version answered 404",
    ]


def test_a_version_that_answers_nan_where_the_golden_file_has_nan_is_let_through(
    hook: Hook, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inputs of NaN, whose outputs are NaN: JSON without bare words would say ``null``."""
    models = tmp_path_factory.mktemp("models")
    shutil.copytree(MODELS, models, dirs_exist_ok=True)
    file = models / "iris" / golden.GOLDEN
    model = ModelFolder(models).get("iris")
    inputs = {"flower": np.array([[np.nan, 1, 2, 3], [5.1, 3.5, 1.4, 0.2]], np.float32)}
    outputs = model.predict(inputs)
    assert np.isnan(outputs["species"]).any()
    call = golden.Call(inputs, outputs)
    np.savez(file, allow_pickle=False, **golden.pack({"serving_default": call}))
    assert golden.replay(model, file) == 0, "the build lets it through"
    monkeypatch.setattr(hook.handler, "_models", ModelFolder(models))
    assert hook.replay() == {"status": "Succeeded", "wrong": []}


def test_a_version_that_takes_fewer_rows_than_the_golden_file_has_is_let_through(
    hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`max_batch` is a user's to lower. The answers to the other rows are not compared."""
    folder = copy_iris(tmp_path)
    change(folder, max_batch=1)

    def spoil_others(arrays: dict[str, Any]) -> None:
        arrays["serving_default/outputs/species"][1:] = 0

    change_golden(folder, spoil_others)
    monkeypatch.setattr(hook.handler, "_models", ModelFolder(tmp_path))
    assert hook.replay() == {"status": "Succeeded", "wrong": []}


def test_a_version_that_cannot_be_asked_is_stopped(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1")
    one_attempt = 50_000  # milliseconds; more of them for a longer time
    answer = hook.replay(one_attempt)
    assert answer == {"status": "Failed", "wrong": ["EndpointConnectionError"]}
    assert hook.told[-1]["status"] == "Failed"
