import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from functions.api.app import create_app
from inference.models import ModelFolder
from tests.processes import EXAMPLE_IS_HERE, MODELS, REPOSITORY

# Who deletes the example deletes what these tests are about.
collect_ignore_glob = [] if EXAMPLE_IS_HERE else ["*/pet_names/*"]


@pytest.fixture(scope="session")
def application() -> FastAPI:
    """The application on the tests' own model."""
    return create_app(ModelFolder(MODELS))


@pytest.fixture(scope="session")
def client(application: FastAPI) -> Iterator[TestClient]:
    """The application at its HTTP edge."""
    with TestClient(application, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def names_models(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    """The example's model, without those that a user has put beside it."""
    folder: Path = tmp_path_factory.mktemp("example")
    (folder / "pet_names").symlink_to(REPOSITORY / "model/pet_names")
    return ModelFolder(folder)


@pytest.fixture(scope="session")
def names_client(names_models: ModelFolder) -> Iterator[TestClient]:
    """The application on the example's model."""
    with TestClient(create_app(names_models), raise_server_exceptions=False) as client:
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
