"""The real runtime interface client under AWS's own emulator, without Docker."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import emulator
from tests.processes import fetch


@pytest.fixture(scope="module")
def running_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Where to post events, and the log."""
    log = tmp_path_factory.mktemp("emulator") / "log"
    with emulator(log) as invocations:
        yield invocations, log


def metrics_in(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in re.findall(r'^\{.*"_aws".*\}$', log, re.MULTILINE)]


def test_an_event_is_answered_and_measured(
    running_emulator: tuple[str, Path], event: Callable[[str], dict[str, Any]]
) -> None:
    url, log = running_emulator
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
    running_emulator: tuple[str, Path], event: Callable[[str], dict[str, Any]]
) -> None:
    url, _ = running_emulator
    response = json.loads(fetch(url, json.dumps(event("names_bad_count")).encode()))
    assert response["statusCode"] == 422


def test_another_kind_of_event_is_a_clear_failure(running_emulator: tuple[str, Path]) -> None:
    url, _ = running_emulator
    answer = json.loads(fetch(url, b'{"source": "aws.scheduler"}'))
    assert answer["errorType"] == "RuntimeError"
    assert "event" in answer["errorMessage"]
