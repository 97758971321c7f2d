"""Clients that other people wrote, against ``make serve`` and through API Gateway's events."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import originals
from tests.adding import add
from tests.gateway import gateway
from tests.lambda_runtime import lambda_runtime
from tests.processes import REPOSITORY, free_port, running, wait_until_answering

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
FLOWERS = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]], np.float32)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A folder of two models, and what their originals answer."""
    root = tmp_path_factory.mktemp("clients")
    path, flowers = originals.keras_archive(root)
    add(root / "models", str(path), "flowers")
    path, text = originals.text_vectorization(root)
    add(root / "models", str(path), "text")
    texts = np.array([["good dog"], ["caté"]], object)
    return {
        "models": root / "models",
        "flowers": flowers({"flower": FLOWERS})["species"],
        "text": text({"text": texts})["scores"],
    }


@pytest.fixture(scope="module", params=["make serve", "lambda"])
def url(
    request: pytest.FixtureRequest,
    expected: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    log: Path = tmp_path_factory.mktemp("server") / "log"
    if request.param == "lambda":
        environment = {"MODELS_DIR": str(expected["models"])}
        with lambda_runtime(log, environment) as invocations, gateway(invocations) as address:
            yield address
        return
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = ["make", "serve", f"PORT={port}", f"MODELS_DIR={expected['models']}"]
    with running(command, log) as process:
        wait_until_answering(f"{address}/health", process, log)
        yield address


def ask(client: str, address: str) -> dict[str, Any]:
    done = subprocess.run(
        [REPOSITORY / ".venv-clients/bin/python", f"tests/clients/{client}.py", address],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_tritons_client(url: str, expected: dict[str, Any]) -> None:
    answers = ask("triton", url.removeprefix("http://"))
    assert answers["live"] and answers["ready"] and answers["model_ready"]  # noqa: PT018
    assert not answers["nothing_ready"]
    assert answers["metadata"]["inputs"] == [
        {"name": "flower", "datatype": "FP32", "shape": [-1, 4]}
    ]
    for way in ("json", "binary", "version", "gzip", "deflate"):
        np.testing.assert_allclose(answers[way], expected["flowers"], atol=1e-5)
    for way in ("text_json", "text_binary"):
        np.testing.assert_allclose(answers[way], expected["text"], atol=1e-5)
    assert answers["wrong_shape"].startswith("400: input 'flower' has shape [2, 3]")
    assert answers["wrong_name"].startswith("400: unexpected input 'tree'")


def test_kserves_client(url: str, expected: dict[str, Any]) -> None:
    answers = ask("kserve_client", url)
    assert answers["v1_ready"]
    assert answers["v2_live"] and answers["v2_ready"] and answers["v2_model_ready"]  # noqa: PT018
    for answer in (answers["v1"], *answers["v2"]):
        np.testing.assert_allclose(answer, expected["flowers"], atol=1e-5)
