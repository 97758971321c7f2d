"""``make serve`` as a user runs it."""

import json
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import fetch, free_port, running, wait_until_answering


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    log = tmp_path_factory.mktemp("serve") / "log"
    port = free_port()
    with running(["make", "serve", f"PORT={port}"], log) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}", log


def test_it_prints_its_address_and_a_request_that_works(server: tuple[str, Path]) -> None:
    url, log = server
    assert f"Serving {url} " in log.read_text()
    (example,) = [word for word in log.read_text().split("'") if word.startswith(url)]
    assert len(json.loads(fetch(example))) == 20


def test_requests_at_once_get_the_names_of_their_own_seed(server: tuple[str, Path]) -> None:
    url, _ = server
    requests = [f"{url}/names?count=50&seed={seed}" for seed in range(10)]
    alone = [fetch(request) for request in requests]
    with ThreadPoolExecutor(10) as threads:
        assert list(threads.map(fetch, requests)) == alone


def test_the_answer_tells_the_models_time(server: tuple[str, Path]) -> None:
    url, _ = server
    with urllib.request.urlopen(f"{url}/names", timeout=60) as response:
        assert float(response.headers["Server-Timing"].removeprefix("model;dur=")) > 0
