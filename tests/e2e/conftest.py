"""The image that ``make build`` makes of this repository, with whatever models a user has added."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests.processes import REPOSITORY, free_port, running, wait_until_answering

TAG = "apifunction:latest"
MODELS_OF_THE_IMAGE = {
    file.parent.name: json.loads(file.read_text())["engine"]
    for file in sorted((REPOSITORY / "model").glob("*/metadata.json"))
}


class Containers(Protocol):
    """Starts containers of the image."""

    def __call__(self, log: Path, *options: str) -> AbstractContextManager[str]:
        """Run one with these options of ``docker run``; its address."""
        ...


@pytest.fixture(scope="package", autouse=True)
def image(docker: None) -> str:
    """Built by ``make build``, which is ``sam build``."""
    build = subprocess.run(["make", "build"], cwd=REPOSITORY, capture_output=True, text=True)
    assert build.returncode == 0, build.stdout[-2000:] + build.stderr[-4000:]
    return TAG


@pytest.fixture(scope="package")
def containers(image: str) -> Containers:
    @contextmanager
    def start(log: Path, *options: str) -> Iterator[str]:
        port = free_port()
        published = ["-p", f"127.0.0.1:{port}:8080"]
        command = ["docker", "run", "--rm", "--init", *options, *published, image]
        with running(command, log) as process:
            wait_until_answering(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}"

    return start


@pytest.fixture(scope="package", params=["http", "https"])
def api(
    request: pytest.FixtureRequest, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """``make start-api``: SAM's local API Gateway in front of the image, over HTTP and HTTPS."""
    log: Path = tmp_path_factory.mktemp("sam") / "log"
    port = free_port()
    https = ["HTTPS=1"] if request.param == "https" else []
    command = ["make", "start-api", f"PORT={port}", *https]
    url = f"{request.param}://127.0.0.1:{port}"
    with running(command, log) as process:
        wait_until_answering(f"{url}/health", process, log)
        yield url
