from pathlib import Path

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from inference import __version__
from inference.models import ModelFolder
from tests.folders import copy_iris


def client_of(models: Path) -> TestClient:
    return TestClient(create_app(ModelFolder(models)), raise_server_exceptions=False)


def test_health_says_what_is_served(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": __version__,
        "models": [{"name": "iris", "version": 1, "engine": "litert"}],
        "broken": {},
    }


def test_health_says_what_is_not_served_and_why(tmp_path: Path) -> None:
    copy_iris(tmp_path)
    (tmp_path / "empty").mkdir()
    client = client_of(tmp_path)
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["broken"] == {"empty": "empty: has no metadata.json"}
    assert client.get("/v2/health/ready").json() == {"ready": True, "live": True}


def test_a_server_whose_every_model_is_broken_is_not_ready(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "empty").mkdir()
    client = client_of(tmp_path)
    assert "no model can be served" in caplog.text
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["broken"] == {"empty": "empty: has no metadata.json"}
    ready = client.get("/v2/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "live": True})
    for path in ("/v2/models/empty/ready", "/v2/models/empty/versions/1/ready"):
        assert client.get(path).status_code == 503
    assert client.get("/v1/models/empty").status_code == 503
    assert client.get("/v2/health/live").status_code == 200
    assert client.get("/models").status_code == 200


@pytest.mark.parametrize("folder", [".", "nowhere"])
def test_a_server_that_has_no_models_yet_is_ready_for_one(tmp_path: Path, folder: str) -> None:
    client = client_of(tmp_path / folder)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert client.get("/v2/health/ready").status_code == 200
    assert "No model is served yet" in client.get("/").text


@pytest.mark.parametrize("path", ["/health", "/v2/health/ready", "/v2/models/{name}/ready"])
def test_the_documentation_names_the_503(client: TestClient, path: str) -> None:
    assert "503" in client.get("/openapi.json").json()["paths"][path]["get"]["responses"]
