import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import MODELS, free_port, running, wait_until_answering
from tests.smoke_command import Smoke, without_credentials


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real server of the tests' own model."""
    log, port = tmp_path_factory.mktemp("server") / "log", free_port()
    command = [sys.executable, "-m", "functions.api.server", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    environment = {"MODELS_DIR": str(MODELS), "PYTHONPATH": ".:layers"}
    with running(command, log, environment) as process:
        wait_until_answering(f"{address}/health", process, log)
        yield address


@pytest.fixture
def smoke(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Smoke]:
    with without_credentials():
        yield Smoke(capsys, tmp_path)
