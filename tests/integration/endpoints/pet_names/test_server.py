"""The names on a real server, and in the real Lambda runtime."""

import json
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from inference.models import ModelFolder
from tests.integration.api.test_runtime import metrics_in
from tests.lambda_runtime import lambda_runtime
from tests.processes import fetch, free_port, running, wait_until_answering


def test_requests_at_once_get_the_names_of_their_own_seed(
    tmp_path: Path, names_models: ModelFolder
) -> None:
    log, port = tmp_path / "log", free_port()
    command = ["make", "serve", f"PORT={port}", f"MODELS_DIR={names_models.directory}"]
    with running(command, log) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_answering(f"{url}/health", process, log)
        requests = [f"{url}/names?count=50&seed={seed}" for seed in range(10)]
        alone = [fetch(request) for request in requests]
        with ThreadPoolExecutor(10) as threads:
            assert list(threads.map(fetch, requests)) == alone
        with urllib.request.urlopen(f"{url}/names", timeout=60) as response:
            assert float(response.headers["Server-Timing"].removeprefix("model;dur=")) > 0


def test_names_are_counted(
    tmp_path: Path, names_models: ModelFolder, event: Callable[[str], dict[str, Any]]
) -> None:
    log = tmp_path / "log"
    with lambda_runtime(log, {"MODELS_DIR": str(names_models.directory)}) as url:
        for _ in range(2):
            fetch(url, json.dumps(event("pet_names/names_seeded")).encode())
    entries = [entry for entry in metrics_in(log.read_text()) if "NamesGenerated" in entry]
    assert [entry["NamesGenerated"] for entry in entries] == [[3.0], [3.0]]
    for entry in entries:
        (declared,) = entry["_aws"]["CloudWatchMetrics"]
        assert {metric["Name"]: metric["Unit"] for metric in declared["Metrics"]} == {
            "NamesGenerated": "Count",
            "ModelTime": "Milliseconds",
        }
        assert sum(entry["ModelTime"]) > 0
