from pathlib import Path

from starlette.testclient import TestClient

from functions.api.app import create_app
from inference import __version__
from inference.models import ModelFolder


def test_health_says_what_is_served(client: TestClient) -> None:
    assert client.get("/health").json() == {
        "status": "ok",
        "version": __version__,
        "models": [{"name": "iris", "version": 1, "engine": "litert"}],
        "broken": {},
    }


def test_health_says_what_is_not_served_and_why(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = TestClient(create_app(ModelFolder(tmp_path))).get("/health").json()
    assert answer["status"] == "degraded"
    assert answer["broken"] == {"empty": "empty: has no metadata.json"}
