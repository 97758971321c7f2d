"""curl's own uploads, to `make serve` and through API Gateway's events to the Lambda runtime."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import gateway
from tests.lambda_runtime import lambda_runtime
from tests.processes import (
    MODELS_WITH_INPUTS,
    REPOSITORY,
    free_port,
    running,
    wait_until_answering,
)

SEVEN = REPOSITORY / "tests/data/digits/seven.png"
TWO = REPOSITORY / "tests/data/digits/two.png"


@pytest.fixture(scope="module", params=["make serve", "Lambda"])
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    log = tmp_path_factory.mktemp("uploads") / "log"
    if request.param == "Lambda":
        environment = {"MODELS_DIR": str(MODELS_WITH_INPUTS)}
        with lambda_runtime(log, environment) as invocations, gateway(invocations) as url:
            yield url
        return
    port = free_port()
    command = ["make", "serve", f"PORT={port}", f"MODELS_DIR={MODELS_WITH_INPUTS}"]
    with running(command, log) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_answering(f"{url}/health", process, log)
        yield url


def curl(*arguments: str | Path) -> Any:
    command = ["curl", "--silent", "--show-error", *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_a_file_of_a_form(address: str) -> None:
    best = curl("--form", f"image=@{SEVEN}", f"{address}/models/digits/predict")
    assert best[0]["label"] == "seven"
    assert best[0]["score"] > 0.9
    assert len(best) == 5


def test_the_body_itself(address: str) -> None:
    url = f"{address}/models/digits/predict?top=1"
    assert curl("--data-binary", f"@{SEVEN}", url)[0]["label"] == "seven"
    typed = curl("--header", "Content-Type: image/png", "--data-binary", f"@{TWO}", url)
    assert [entry["label"] for entry in typed] == ["two"]


def test_several_files(address: str) -> None:
    files = ["--form", f"image=@{SEVEN}", "--form", f"image=@{TWO}"]
    answer = curl(*files, f"{address}/models/digits/predict?top=1")
    assert [row[0]["label"] for row in answer["predictions"]] == ["seven", "two"]


def test_no_picture(address: str) -> None:
    refused = curl("--form", f"image=@{__file__}", f"{address}/models/digits/predict")
    assert "'image': " in refused["error"]
    assert str(REPOSITORY) not in json.dumps(refused)
