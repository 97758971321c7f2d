"""The requests that the page shows, sent by the languages they are written in."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.models import ModelFolder
from tests.processes import REPOSITORY, fetch, free_port, running, wait_until_answering


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, names_models: ModelFolder) -> Iterator[str]:
    log: Path = tmp_path_factory.mktemp("serve") / "log"
    port = free_port()
    command = ["make", "serve", f"PORT={port}", f"MODELS_DIR={names_models.directory}"]
    with running(command, log) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_answering(f"{url}/health", process, log)
        yield url


@pytest.fixture(scope="module")
def r() -> str:
    path = shutil.which("Rscript")
    if path is None:
        assert not os.environ.get("REQUIRE_R"), "there is no R"
        pytest.skip("no R is installed; install it to test its clients")
    return path


def sample(server: str, language: str) -> str:
    page = fetch(f"{server}/?seed=7&count=5&species=cat").decode()
    samples = dict(re.findall(r"<h3>(\w+)</h3><pre[^>]*>(.*?)</pre>", page, re.DOTALL))
    return html.unescape(samples[language])


def run(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names: list[str] = json.loads(done.stdout)
    assert len(names) == 5
    return names


def test_every_language_gets_the_same_names(server: str, r: str) -> None:
    expected = json.loads(fetch(f"{server}/names?seed=7&count=5&species=cat"))
    assert run("sh", "-c", sample(server, "curl")) == expected
    code = sample(server, "Python") + "\nprint(json.dumps(names))"
    assert run(sys.executable, "-c", code) == expected
    code = sample(server, "R") + "\ncat(jsonlite::toJSON(names))"
    assert run(r, "-e", code) == expected


def test_a_user_of_the_r_service(server: str, r: str) -> None:
    expected = json.loads(fetch(f"{server}/names?seed=7&count=5&species=cat"))
    assert run(r, str(REPOSITORY / "tests/clients/predict.R"), server) == expected
