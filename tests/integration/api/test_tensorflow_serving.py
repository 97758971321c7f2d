"""TensorFlow Serving's documented requests, answers and errors, one by one."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from functions.api.settings import settings
from inference.models import ModelFolder
from tests import originals
from tests.adding import add


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("serving")
    add(root / "models", str(originals.half_plus_two(root)), "half_plus_two")
    add(root / "models", str(originals.sensors(root)), "sensors")
    (root / "models/broken").mkdir()
    with TestClient(
        create_app(ModelFolder(root / "models")), raise_server_exceptions=False
    ) as client:
        yield client


def post(client: TestClient, body: object, model: str = "half_plus_two") -> tuple[int, Any]:
    content = body if isinstance(body, str) else json.dumps(body)
    answer = client.post(f"/v1/models/{model}:predict", content=content)
    return answer.status_code, answer.json()


ROWS = [
    {"tag": "foo", "signal": [1, 2, 3, 4, 5], "sensor": [[1, 2], [3, 4]]},
    {"tag": {"b64": "YmFy"}, "signal": [3, 4, 1, 2, 5], "sensor": [[4, 5], [6, 8]]},
]
COLUMNS = {
    "tag": ["foo", "bar"],
    "signal": [[1, 2, 3, 4, 5], [3, 4, 1, 2, 5]],
    "sensor": [[[1, 2], [3, 4]], [[4, 5], [6, 8]]],
}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"instances": [1.0, 2.0, 5.0]}, {"predictions": [2.5, 3.0, 4.5]}),
        ({"inputs": [1, 2, 5], "ignored": 1}, {"outputs": [2.5, 3.0, 4.5]}),
        ({"inputs": {"x": [1.0], "more": 0}}, {"outputs": [2.5]}),
        ({"instances": [{"x": 1.0}, {"x": 2}]}, {"predictions": [2.5, 3.0]}),
        ({"inputs": []}, {"outputs": []}),
        (
            {"signature_name": "divide", "instances": [[1, 2, 4]]},
            {"predictions": [[1.0, 0.5, 0.25]]},
        ),
        ('{"instances": [NaN, -Infinity, 1]}', {"predictions": [None, None, 2.5]}),
        ('{"instances": [1e400]}', {"predictions": [None]}),
    ],
)
def test_one_input(served: TestClient, body: object, answer: object) -> None:
    assert post(served, body) == (200, answer)


def test_several_inputs_and_outputs(served: TestClient) -> None:
    assert post(served, {"instances": ROWS}, "sensors") == (
        200,
        {
            "predictions": [
                {"first": [1.0, 2.0], "name": "FOO", "tag_bytes": {"b64": "Zm9v"}, "total": 15},
                {"first": [4.0, 5.0], "name": "BAR", "tag_bytes": {"b64": "YmFy"}, "total": 15},
            ]
        },
    )
    assert post(served, {"inputs": COLUMNS}, "sensors") == (
        200,
        {
            "outputs": {
                "first": [[1.0, 2.0], [4.0, 5.0]],
                "name": ["FOO", "BAR"],
                "tag_bytes": [{"b64": "Zm9v"}, {"b64": "YmFy"}],
                "total": [15, 15],
            }
        },
    )


def test_nan_and_infinity_as_bare_words_only_where_asked_for(served: TestClient) -> None:
    answer = served.post(
        "/v1/models/half_plus_two:predict?nan=tokens", content='{"instances": [NaN, Infinity]}'
    )
    assert answer.text == '{"predictions":[NaN,Infinity]}'


@pytest.mark.parametrize(
    ("body", "message", "model"),
    [
        ("{", "JSON Parse error", "half_plus_two"),
        ("", "JSON Parse error", "half_plus_two"),
        ("[]", "must be an object", "half_plus_two"),
        ({}, "Missing 'inputs' or 'instances' key", "half_plus_two"),
        ({"instances": [1], "inputs": [1]}, "both", "half_plus_two"),
        ({"instances": []}, "non-empty list", "half_plus_two"),
        ({"instances": 1.0}, "non-empty list", "half_plus_two"),
        ({"instances": None}, "non-empty list", "half_plus_two"),
        ({"instances": [None]}, "not null", "half_plus_two"),
        ({"instances": [True]}, "not bool", "half_plus_two"),
        ({"instances": ["1"]}, "not str", "half_plus_two"),
        ({"instances": [{"x": 1}, 2]}, "all objects or all values", "half_plus_two"),
        ({"instances": [{"y": 1}]}, "exactly the inputs ['x']", "half_plus_two"),
        ({"instances": [[1, 2]]}, "wants float32[-1]", "half_plus_two"),
        ({"instances": [[1, 2], [3]]}, "ragged", "half_plus_two"),
        ({"instances": [1, [2]]}, "ragged", "half_plus_two"),
        ({"instances": [{"b64": "AA=="}]}, "not dict", "half_plus_two"),
        ({"inputs": {"y": [1]}}, "Missing named input(s): ['x']", "half_plus_two"),
        ({"signature_name": "no", "instances": [1]}, "'no' not found", "half_plus_two"),
        ({"signature_name": ["no"], "instances": [1]}, "not found", "half_plus_two"),
        ({"instances": [1.0]}, "3 inputs", "sensors"),
        ({"inputs": COLUMNS | {"signal": [[1.0] * 5]}}, "takes integers", "sensors"),
        ({"inputs": COLUMNS | {"signal": [[2**40] * 5]}}, "out of int32's range", "sensors"),
        ({"inputs": COLUMNS | {"tag": [{"b64": "?"}]}}, "not base64", "sensors"),
        ({"inputs": COLUMNS | {"tag": [1]}}, "takes a text", "sensors"),
        ({"inputs": COLUMNS | {"tag": ["one"]}}, "different numbers of rows", "sensors"),
    ],
)
def test_invalid_requests(served: TestClient, body: object, message: str, model: str) -> None:
    status, answer = post(served, body, model)
    assert status == 400
    assert message in answer["error"]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/v1/models/nothing", 404, "Servable not found for request: Latest(nothing)"),
        (
            "/v1/models/half_plus_two/versions/7",
            404,
            "Servable not found for request: Specific(half_plus_two, 7)",
        ),
        ("/v1/foo", 400, "Malformed request: GET /v1/foo"),
        ("/v1/models/half_plus_two:predict", 405, "Malformed request: GET /v1/models/half_plus"),
        ("/v1/models/broken", 503, "this model cannot be loaded"),
    ],
)
def test_errors_by_path(served: TestClient, path: str, status: int, message: str) -> None:
    answer = served.get(path)
    assert answer.status_code == status
    assert message in answer.json()["error"]


@pytest.mark.parametrize("version", ["", "/versions/1"])
@pytest.mark.parametrize("colon", [":", "%3A", "%3a"])
def test_versions_and_percent_encoding(served: TestClient, version: str, colon: str) -> None:
    path = f"/v1/models/half_plus_two{version}"
    answer = served.post(f"{path}{colon}predict", content='{"instances": [2]}')
    assert answer.json() == {"predictions": [3.0]}
    assert served.get(path).json() == {
        "model_version_status": [
            {
                "version": "1",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ],
        "name": "half_plus_two",
        "ready": True,
    }


def test_metadata(served: TestClient) -> None:
    answer = served.get("/v1/models/half_plus_two/metadata").json()
    assert answer["model_spec"] == {"name": "half_plus_two", "signature_name": "", "version": "1"}
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    assert signatures["serving_default"]["inputs"] == {
        "x": {
            "dtype": "DT_FLOAT",
            "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
            "name": "x:0",
        }
    }
    assert signatures["divide"]["method_name"] == "tensorflow/serving/predict"
    assert served.get("/v1/models").json() == {"models": ["half_plus_two", "sensors"]}


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_packed_bodies(served: TestClient, encoding: str, pack: Any) -> None:
    body = b'{"instances": [2]}'
    headers = {"content-encoding": encoding}
    path = "/v1/models/half_plus_two:predict"
    answer = served.post(path, content=pack(body), headers=headers)
    assert answer.json() == {"predictions": [3.0]}
    damaged = served.post(path, content=b"damaged", headers=headers)
    assert (damaged.status_code, damaged.json()["error"]) == (400, "the body is damaged")
    cut = served.post(path, content=pack(body)[:-6], headers=headers)
    assert (cut.status_code, cut.json()["error"]) == (400, "the compressed body is incomplete")
    bomb = served.post(path, content=pack(bytes(settings.max_body_bytes + 1)), headers=headers)
    assert bomb.status_code == 413


def test_an_unknown_packing(served: TestClient) -> None:
    answer = served.post(
        "/v1/models/half_plus_two:predict", content=b"", headers={"content-encoding": "br"}
    )
    assert answer.status_code == 415


def test_too_many_rows(served: TestClient) -> None:
    status, answer = post(served, {"instances": [1] * 1025})
    assert status == 413
    assert answer["error"].startswith("1025 rows; 1024 may be sent at once")
