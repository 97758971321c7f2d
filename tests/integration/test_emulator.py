"""The real runtime interface client under AWS's own emulator, without Docker."""

import json
import platform
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import REPOSITORY, fetch, free_port, running, wait_until_answering

ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Where to post events, and the log."""
    (binary,) = (REPOSITORY / ".venv-sam").glob(
        f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{ARCHITECTURE}"
    )
    log = tmp_path_factory.mktemp("emulator") / "log"
    port, runtime_port = free_port(), free_port()
    command = [
        str(binary),
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{runtime_port}",
        sys.executable,
        "-m",
        "awslambdaric",
        "functions.api.handler.lambda_handler",
    ]
    with running(command, log, {"PYTHONPATH": ".:layers"}) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/", process, log)
        yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", log


def metrics_in(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in re.findall(r'^\{.*"_aws".*\}$', log, re.MULTILINE)]


def test_an_event_is_answered_and_measured(
    emulator: tuple[str, Path], event: Callable[[str], dict[str, Any]]
) -> None:
    url, log = emulator
    for _ in range(2):
        response = json.loads(fetch(url, json.dumps(event("names_seeded")).encode()))
        assert response["statusCode"] == 200
        assert len(json.loads(response["body"])) == 3
    text = log.read_text()
    assert "Init Duration" in text
    entries = metrics_in(text)
    assert [entry["ColdStart"] for entry in entries if "ColdStart" in entry] == [[1.0]]
    drawn = [entry for entry in entries if "NamesGenerated" in entry]
    assert [entry["NamesGenerated"] for entry in drawn] == [[3.0], [3.0]]
    for entry in drawn:
        (declared,) = entry["_aws"]["CloudWatchMetrics"]
        assert {metric["Name"]: metric["Unit"] for metric in declared["Metrics"]} == {
            "NamesGenerated": "Count",
            "ModelTime": "Milliseconds",
        }
        assert sum(entry["ModelTime"]) > 0


def test_bad_input_is_no_failure_of_the_function(
    emulator: tuple[str, Path], event: Callable[[str], dict[str, Any]]
) -> None:
    url, _ = emulator
    response = json.loads(fetch(url, json.dumps(event("names_bad_count")).encode()))
    assert response["statusCode"] == 422


def test_another_kind_of_event_is_a_clear_failure(emulator: tuple[str, Path]) -> None:
    url, _ = emulator
    answer = json.loads(fetch(url, b'{"source": "aws.scheduler"}'))
    assert answer["errorType"] == "RuntimeError"
    assert "event" in answer["errorMessage"]
