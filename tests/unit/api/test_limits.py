"""Limits of HTTP: bytes of a body, rows of a request, values of an answer."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from functions.api.limits import Predictor
from functions.api.settings import settings
from inference.errors import InvalidInputError, TooLargeError
from inference.models import ModelFolder
from tests.processes import MODELS


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(client: TestClient, chunked: bool) -> None:
    body = b" " * (settings.max_body_bytes + 1)
    content = iter([body[:1_000_000], body[1_000_000:]]) if chunked else body
    response = client.post("/models/iris/predict", content=content)
    assert response.status_code == 413
    assert response.json().keys() == {"error", "details"}


@pytest.mark.parametrize(("rows", "status"), [(1024, 200), (1025, 413)])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/models/iris/predict", lambda rows: {"instances": [{"flower": row} for row in rows]}),
        ("/v1/models/iris:predict", lambda rows: {"instances": rows}),
        (
            "/v2/models/iris/infer",
            lambda rows: {
                "inputs": [
                    {"name": "flower", "shape": [len(rows), 4], "datatype": "FP32", "data": rows}
                ]
            },
        ),
    ],
)
def test_every_dialect_refuses_more_rows_than_the_metadata_allows(
    client: TestClient, path: str, body: object, rows: int, status: int
) -> None:
    assert callable(body)
    response = client.post(path, json=body([[1, 2, 3, 4]] * rows))
    assert response.status_code == status
    if status == 413:
        assert response.json()["error"] == "1025 rows; 1024 may be sent at once"


def test_an_answer_over_the_limit_is_refused() -> None:
    predictor = Predictor(ModelFolder(MODELS), max_answer_bytes=100)
    rows = np.zeros((17, 4), np.float32)  # whose answer has 51 values, of two bytes at least
    with pytest.raises(TooLargeError, match="would exceed 100 bytes; send fewer rows"):
        predictor.run("iris", {"flower": rows}, "serving_default")
    outputs = predictor.run("iris", {"flower": rows[:16]}, "serving_default")
    assert outputs["species"].shape == (16, 3)


def test_inputs_that_do_not_fit_are_not_counted() -> None:
    predictor = Predictor(ModelFolder(MODELS), max_answer_bytes=100)
    with pytest.raises(InvalidInputError, match="the signature wants"):
        predictor.run("iris", {"tree": np.zeros((2000, 4), np.float32)}, "serving_default")
