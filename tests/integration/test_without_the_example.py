"""The example is deleted in a copy of this repository; a model of a user's takes its place."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import (
    EXAMPLE,
    EXAMPLE_IS_HERE,
    MODELS,
    REPOSITORY,
    copy_repository,
    fetch,
    free_port,
    running,
    wait_until_answering,
)

pytestmark = pytest.mark.skipif(not EXAMPLE_IS_HERE, reason="the example is deleted already")
WORDS_OF_THE_EXAMPLE = {"pet", "pets", "petnames", "dog", "dogs", "cat", "cats", "seattle"}
ENVIRONMENTS = (".venv", ".venv-sam", ".venv-lint", ".venv-clients", ".venv-rehearsal")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's repository: no example, one model, the environments that are set up here."""
    folder: Path = tmp_path_factory.mktemp("without") / "copy"
    copy_repository(folder)
    for wing in EXAMPLE:
        shutil.rmtree(folder / wing)
    shutil.copytree(MODELS / "iris", folder / "model/iris", dirs_exist_ok=True)
    for environment in ENVIRONMENTS:
        if (REPOSITORY / environment).exists():
            (folder / environment).symlink_to(REPOSITORY / environment)
    return folder


def make(copy: Path, *targets: str, **environment: str) -> str:
    command = ["make", *targets]
    done = subprocess.run(
        command, cwd=copy, env=os.environ | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    return done.stdout


@pytest.fixture(scope="module")
def server(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log, port = tmp_path_factory.mktemp("serve") / "log", free_port()
    url = f"http://127.0.0.1:{port}"
    with running(["make", "-C", str(copy), "serve", f"PORT={port}"], log) as process:
        wait_until_answering(f"{url}/health", process, log)
        yield url


def test_the_server_serves_the_users_model(server: str) -> None:
    health = json.loads(fetch(f"{server}/health"))
    assert {"name": "iris", "version": 1, "engine": "litert"} in health["models"]
    assert health["broken"] == {}
    example = (MODELS / "iris/example.json").read_bytes()
    answer = json.loads(fetch(f"{server}/models/iris/predict", example))
    assert answer["predictions"][0]["label"] == "setosa"
    assert b"<h1>Models</h1>" in fetch(f"{server}/")


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/health", "/assets/style.css"])
def test_it_says_nothing_of_the_example(server: str, path: str) -> None:
    text = fetch(f"{server}{path}").decode().lower()
    assert not set(re.findall(r"[a-z]+", text)) & WORDS_OF_THE_EXAMPLE
    assert "/names" not in text


def test_the_checks_pass(copy: Path) -> None:
    make(copy, "check")


def test_the_tests_pass(copy: Path) -> None:
    """The unit tests, and what collects the others; those that start processes were run here."""
    python = ["env", "PYTHONPATH=.:layers", ".venv/bin/python", "-m", "pytest", "-q"]
    for arguments in (["tests/unit"], ["tests", "--collect-only"]):
        done = subprocess.run([*python, *arguments], cwd=copy, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-5000:]
    assert "pet_names" not in done.stdout


def test_what_made_the_example_says_what_to_do_instead(copy: Path) -> None:
    for target in ("train", "evaluate", "export"):
        done = subprocess.run(["make", "-s", target], cwd=copy, capture_output=True, text=True)
        assert done.returncode != 0
        assert f"model/NAME/{target}.py is missing" in done.stderr


def test_the_image_is_built(copy: Path, docker: None) -> None:
    template = copy / "template.yaml"
    template.write_text(template.read_text().replace("DockerTag: latest", "DockerTag: without"))
    make(copy, "build")
    command = ["docker", "run", "--rm", "--entrypoint", "sh", "apifunction:without", "-c"]
    listing = "ls model functions/endpoints; python3 -m inference.golden"
    done = subprocess.run([*command, listing], check=True, capture_output=True, text=True)
    assert "iris: golden outputs match" in done.stdout
    assert "pet_names" not in done.stdout
