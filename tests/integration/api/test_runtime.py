"""The real runtime interface client under AWS's own emulator, without Docker."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lambda_runtime import lambda_runtime
from tests.processes import MODELS, fetch


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Where to post events, and the log."""
    log = tmp_path_factory.mktemp("runtime") / "log"
    with lambda_runtime(log, {"MODELS_DIR": str(MODELS)}) as invocations:
        yield invocations, log


def metrics_in(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in re.findall(r'^\{.*"_aws".*\}$', log, re.MULTILINE)]


def test_an_event_is_answered_and_measured(
    runtime: tuple[str, Path], event: Callable[[str], dict[str, Any]]
) -> None:
    url, log = runtime
    for _ in range(2):
        response = json.loads(fetch(url, json.dumps(event("predict_gzip")).encode()))
        assert response["statusCode"] == 200
        assert len(json.loads(response["body"])["predictions"]) == 2
    text = log.read_text()
    assert "Init Duration" in text
    entries = metrics_in(text)
    assert [entry["ColdStart"] for entry in entries if "ColdStart" in entry] == [[1.0]]
    measured = [entry for entry in entries if "ModelTime" in entry]
    assert len(measured) == 2
    for entry in measured:
        (declared,) = entry["_aws"]["CloudWatchMetrics"]
        units = {metric["Name"]: metric["Unit"] for metric in declared["Metrics"]}
        assert units == {"ModelTime": "Milliseconds"}
        assert sum(entry["ModelTime"]) > 0


def test_bad_input_is_no_failure_of_the_function(
    runtime: tuple[str, Path], event: Callable[[str], dict[str, Any]]
) -> None:
    url, _ = runtime
    response = json.loads(fetch(url, json.dumps(event("not_found")).encode()))
    assert response["statusCode"] == 404


def test_another_kind_of_event_is_a_clear_failure(runtime: tuple[str, Path]) -> None:
    url, _ = runtime
    answer = json.loads(fetch(url, b'{"source": "aws.scheduler"}'))
    assert answer["errorType"] == "RuntimeError"
    assert "event" in answer["errorMessage"]
