"""One folder of models that is broken, in every way that was thought of, stops no other."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from inference.calls import GOLDEN
from inference.golden import preload
from inference.metadata import METADATA
from inference.models import ModelFolder
from tests.broken_folders import BROKEN, INPUT, OUTPUT, SERVED, edit
from tests.folders import change, copy_iris, unprivileged
from tests.processes import MODELS, REPOSITORY


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every broken folder, between two that are not."""
    models: Path = tmp_path_factory.mktemp("models")
    for name in ("iris", "zinnia"):
        copy_iris(models, name)
    for name, (apply, _) in BROKEN.items():
        apply(copy_iris(models, name))
    (models / "link").symlink_to(models / "nowhere")
    return models


@pytest.fixture(scope="module")
def started(directory: Path) -> ModelFolder:
    """All that a server does at its start."""
    models = ModelFolder(directory, verify="trial")
    preload(models, "all")
    return models


@pytest.fixture(scope="module")
def client(started: ModelFolder) -> Iterator[TestClient]:
    with TestClient(create_app(started), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("name", BROKEN)
def test_it_is_broken_with_its_reason(started: ModelFolder, directory: Path, name: str) -> None:
    reason = started.broken[ascii(name)[1:-1]]
    assert name not in started.served
    assert re.search(BROKEN[name][1], reason), reason
    assert reason.isprintable()
    assert reason.isascii()
    assert str(directory) not in reason


def test_the_others_are_served(client: TestClient, started: ModelFolder) -> None:
    assert list(started.served) == ["iris", "zinnia"]
    assert started.broken["link"] == "link: is a link to nothing"
    for name in started.served:
        example = (MODELS / "iris/example.json").read_bytes()
        answer = client.post(f"/models/{name}/predict", content=example)
        assert answer.json()["predictions"][0]["label"] == "setosa"


@pytest.mark.parametrize("path", ["/models", "/openapi.json", "/docs", "/v1/models", "/"])
def test_every_page_answers(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_health_names_each(client: TestClient, started: ModelFolder) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["broken"] == started.broken
    assert len(started.broken) == len(BROKEN) + 1
    assert client.get("/v2/health/ready").status_code == 200
    assert client.get("/v2/models/iris/ready").status_code == 200
    assert client.get("/v2/models/vast/ready").status_code == 503
    assert client.get("/v1/models/vast").status_code == 503


def test_a_real_start_does_not_end(directory: Path) -> None:
    code = (
        "from starlette.testclient import TestClient; from functions.api.app import app; "
        "print(TestClient(app).get('/health').text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=os.environ | {"MODELS_DIR": str(directory), "PYTHONPATH": ".:layers"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    health = json.loads(done.stdout.splitlines()[-1])
    assert [model["name"] for model in health["models"]] == ["iris", "zinnia"]
    assert '"message":"this model is not served"' in done.stdout


def test_max_batch_may_be_smaller_than_the_golden_file(tmp_path: Path) -> None:
    change(copy_iris(tmp_path), max_batch=1)
    models = ModelFolder(tmp_path, verify="trial")
    preload(models, "all")
    assert models.broken == {}
    client = TestClient(create_app(models))
    row = [5.1, 3.5, 1.4, 0.2]
    answers = [
        client.post("/v1/models/iris:predict", json={"instances": [row] * rows}).status_code
        for rows in (1, 2)
    ]
    assert answers == [200, 413]


def test_nan_in_a_golden_file_breaks_no_page(tmp_path: Path) -> None:
    """JSON has no NaN: the example is the first row that it can hold."""
    inputs = np.array([[np.nan, 1, 2, 3], [5.1, 3.5, 1.4, 0.2]], np.float32)
    outputs = ModelFolder(MODELS).get("iris").predict({"flower": inputs})["species"]
    folder = copy_iris(tmp_path)
    edit(INPUT, inputs)(folder)
    edit(OUTPUT, outputs)(folder)
    models = ModelFolder(tmp_path)
    client = TestClient(create_app(models))
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    example = {"instances": [{"flower": [5.1, 3.5, 1.4, 0.2]}]}
    assert schemas["iris_request"]["example"] == example
    assert client.get("/models").status_code == 200
    assert models.get("iris").name == "iris"


@pytest.mark.parametrize("file", [METADATA, GOLDEN, SERVED, "."])
def test_what_may_not_be_read_is_broken(file: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        models = Path(name)
        models.chmod(0o755)
        for model in ("iris", "zinnia"):
            copy_iris(models, model)
        (models / "iris" / file).chmod(0)
        with unprivileged():
            folder = ModelFolder(models, verify="replay")
            preload(folder, "all")
        assert list(folder.served) == ["zinnia"]
        assert "Permission denied" in folder.broken["iris"]
        (models / "iris" / file).chmod(0o755)


def test_a_folder_of_models_that_may_not_be_read_is_not_ready() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0)
        with unprivileged():
            folder = ModelFolder(Path(name))
        assert folder.broken == {Path(name).name: "the folder of models: Permission denied"}
        assert TestClient(create_app(folder)).get("/health").status_code == 503
