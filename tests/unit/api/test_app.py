"""``create_app(models)`` serves those models, in every route."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from inference.models import ModelFolder
from tests.processes import MODELS

ROUTES = [
    ("GET", "/v1/models/{name}"),
    ("GET", "/v1/models/{name}/metadata"),
    ("POST", "/v1/models/{name}:predict"),
    ("GET", "/v2/models/{name}"),
    ("GET", "/v2/models/{name}/ready"),
    ("GET", "/v2/models/{name}/versions/1/ready"),
    ("POST", "/v2/models/{name}/infer"),
    ("POST", "/models/{name}/predict"),
]


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[TestClient]:
    """One model whose folder is empty, and one whose file does not load."""
    (tmp_path / "empty").mkdir()
    shutil.copytree(MODELS / "iris", tmp_path / "iris")
    (tmp_path / "iris/model.tflite").write_bytes(b"not a model")
    with TestClient(create_app(ModelFolder(tmp_path)), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_answers_503_for_a_broken_model(
    broken: TestClient, method: str, path: str
) -> None:
    instances = '{"instances": [{"flower": [1, 2, 3, 4]}]}'
    assert broken.post("/models/iris/predict", content=instances).status_code == 503
    for name in ("empty", "iris"):  # the second was found to be broken just now
        answer = broken.request(method, path.format(name=name), content=instances)
        assert answer.status_code == 503
        assert answer.json() == {"error": "this model cannot be loaded", "details": []}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_answers_404_for_a_model_of_another_application(
    client: TestClient, method: str, path: str
) -> None:
    answer = client.request(method, path.format(name="pet_names"), content="{}")
    assert answer.status_code == 404
    assert "pet_names" in answer.json()["error"]


def test_two_applications_serve_their_own_models(client: TestClient, tmp_path: Path) -> None:
    other = TestClient(create_app(ModelFolder(tmp_path)))
    assert client.get("/v1/models").json() == {"models": ["iris"]}
    assert other.get("/v1/models").json() == {"models": []}
    assert client.get("/v2/health/ready").json() == {"ready": True, "live": True}
    assert other.get("/v2/health/ready").json() == {"ready": True, "live": True}


def test_the_frame_says_nothing_of_the_example(client: TestClient) -> None:
    for path in ("/models", "/docs", "/openapi.json", "/health", "/assets/style.css"):
        text = client.get(path).text.lower()
        assert not [word for word in ("pet", "names that", "/names") if word in text.split()], path
    assert "pet" not in client.get("/openapi.json").text.lower().replace("repet", "")
