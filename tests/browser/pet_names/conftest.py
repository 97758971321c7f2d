"""The example's pages: from ``make serve``, and from the image behind ``make start-api``."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.models import ModelFolder
from tests.processes import free_port, running, wait_until_answering


@pytest.fixture(scope="package", params=["serve", "start-api"])
def server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    names_models: ModelFolder,
) -> Iterator[str]:
    """No slash at the address's end."""
    log: Path = tmp_path_factory.mktemp("server") / "log"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["make", request.param, f"PORT={port}"]
    if request.param == "start-api":
        request.getfixturevalue("docker")
    else:
        command.append(f"MODELS_DIR={names_models.directory}")
    with running(command, log) as process:
        wait_until_answering(f"{url}/health", process, log)
        yield url
