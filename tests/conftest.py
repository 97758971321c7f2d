import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import app

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """The application at its HTTP edge, with the real model."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def event() -> Callable[[str], dict[str, Any]]:
    """A real API Gateway event by its file's name."""

    def load(name: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((REPOSITORY / f"tests/events/{name}.json").read_text())
        return loaded

    return load


@pytest.fixture(scope="session")
def docker() -> None:
    """Skip without a Docker engine, unless REQUIRE_DOCKER says that there must be one."""
    try:
        subprocess.run(["docker", "info"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        if os.environ.get("REQUIRE_DOCKER"):
            raise
        pytest.skip("no Docker engine is running; start one to test the image")
