"""Limits of HTTP: bytes of a body, rows and values of a request, bytes of an answer."""

import re
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from functions.api.settings import Settings, settings
from inference.errors import TooLargeError
from inference.limits import Limits
from inference.models import ModelFolder
from inference.signatures import Signature, TensorSpec
from tests.processes import MODELS

PATHS = ["/models/iris/predict", "/v1/models/iris:predict", "/v2/models/iris/infer"]


def body_of(path: str, rows: list[list[Any]]) -> dict[str, Any]:
    """A request of the path's dialect."""
    if path.startswith("/v2"):
        tensor = {"name": "flower", "shape": [len(rows), 4], "datatype": "FP32", "data": rows}
        return {"inputs": [tensor]}
    return {"instances": [{"flower": row} for row in rows] if path.startswith("/models") else rows}


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(client: TestClient, chunked: bool) -> None:
    body = b" " * (settings.max_body_bytes + 1)
    content = iter([body[:1_000_000], body[1_000_000:]]) if chunked else body
    response = client.post("/models/iris/predict", content=content)
    assert response.status_code == 413
    assert response.json().keys() == {"error", "details"}


@pytest.mark.parametrize(("rows", "status"), [(1024, 200), (1025, 413), (100_000, 413)])
@pytest.mark.parametrize("path", PATHS)
def test_every_dialect_refuses_more_rows_than_the_metadata_allows(
    client: TestClient, path: str, rows: int, status: int
) -> None:
    response = client.post(path, json=body_of(path, [[1, 2, 3, 4]] * rows))
    assert response.status_code == status
    if rows == 1025:
        expected = "1025 rows; 1024 may be sent at once (max_batch in the model's metadata.json)"
        assert response.json()["error"] == expected


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_over_the_limit_is_refused(path: str) -> None:
    """The answer to sixty rows has about 2 kB, though two bytes for each value would be 360."""
    small = Settings.model_validate({"MAX_BODY_BYTES": 1500})
    client = TestClient(create_app(ModelFolder(MODELS), small), raise_server_exceptions=False)
    assert client.post(path, json=body_of(path, [[1, 2, 3, 4]] * 10)).status_code == 200
    refused = client.post(path, json=body_of(path, [[1, 2, 3, 4]] * 60))
    assert refused.status_code == 413
    assert refused.json()["error"] == "the answer exceeds 1500 bytes; send fewer rows"


def test_a_binary_answer_over_the_limit_is_refused() -> None:
    small = Settings.model_validate({"MAX_BODY_BYTES": 1500})
    client = TestClient(create_app(ModelFolder(MODELS), small), raise_server_exceptions=False)
    body = body_of("/v2", [[1, 2, 3, 4]] * 100)
    body["parameters"] = {"binary_data_output": True}
    assert client.post("/v2/models/iris/infer", json=body).status_code == 200
    body = body_of("/v2", [[1, 2, 3, 4]] * 124)
    body["parameters"] = {"binary_data_output": True}
    assert client.post("/v2/models/iris/infer", json=body).status_code == 413


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"tokens": np.zeros((5, 60), np.int32)}, None),
        ({"tokens": np.zeros((6, 1), np.int32)}, "6 rows; 5 may be sent at once (max_batch "),
        ({"tokens": np.zeros((1, 101), np.int32)}, "101 values in a row of 'tokens'; 100 may "),
        ({"tokens": np.zeros((5, 61), np.int32)}, "305 values; 300 may be sent at once (max_val"),
    ],
)
def test_limits_of_a_model(inputs: dict[str, Any], message: str | None) -> None:
    signature = Signature(inputs={"tokens": TensorSpec(dtype="int32", shape=(-1, -1))}, outputs={})
    limits = Limits(rows=5, length=100, values=300)
    with pytest.raises(TooLargeError, match=re.escape(message)) if message else nullcontext():
        limits.require(inputs, signature)
