"""``make start-api``: SAM's local API Gateway in front of the real image, over HTTP and HTTPS."""

import json
import urllib.error

import pytest

from tests.e2e.conftest import MODELS_OF_THE_IMAGE
from tests.processes import fetch


def test_health(api: str) -> None:
    models = json.loads(fetch(f"{api}/health"))["models"]
    assert {model["name"]: model["engine"] for model in models} == MODELS_OF_THE_IMAGE


def test_the_pages_and_their_assets(api: str) -> None:
    assert b"<h1>Models</h1>" in fetch(f"{api}/models")
    assert b"swagger" in fetch(f"{api}/docs")
    assert len(fetch(f"{api}/assets/swagger/swagger-ui-bundle.js")) > 1_000_000


def test_errors_have_the_documented_shape(api: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetch(f"{api}/models/nothing/predict", b"{}")
    with caught.value as answer:
        assert answer.code == 404
        assert json.loads(answer.read()) == {"error": "no model named 'nothing'", "details": []}
