"""``make serve`` as a user runs it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import MODELS, fetch, free_port, running, wait_until_answering


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    log = tmp_path_factory.mktemp("serve") / "log"
    port = free_port()
    with running(["make", "serve", f"PORT={port}", f"MODELS_DIR={MODELS}"], log) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}", log


def test_it_prints_its_address_and_pages_that_answer(server: tuple[str, Path]) -> None:
    url, log = server
    assert f"Serving {url} " in log.read_text()
    pages = [word for word in log.read_text().split() if word.startswith(url) and word != url]
    assert pages
    for page in pages:
        assert b"<html" in fetch(page)


def test_requests_at_once_get_their_own_answers(server: tuple[str, Path]) -> None:
    url, _ = server

    def ask(number: int) -> bytes:
        body = json.dumps({"instances": [[number, 3, 1, 0.2]] * 50}).encode()
        return fetch(f"{url}/v1/models/iris:predict", body)

    alone = [ask(number) for number in range(10)]
    assert len(set(alone)) == 10
    with ThreadPoolExecutor(10) as threads:
        assert list(threads.map(ask, range(10))) == alone
