"""TensorFlow Serving's own first models, with the requests of its documentation."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from inference.models import ModelFolder
from tests import originals
from tests.adding import add


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("examples")
    add(root / "models", str(originals.serving_half_plus_two(root)), "half_plus_two")
    three = str(originals.serving_half_plus_three(root))
    add(root / "models", three, "half_plus_three", "--engine=tensorflow")
    return root / "models"


@pytest.fixture(scope="module")
def served(models: Path) -> Iterator[TestClient]:
    with TestClient(create_app(ModelFolder(models)), raise_server_exceptions=False) as client:
        yield client


def ask(client: TestClient, path: str, body: object) -> tuple[int, Any]:
    answer = client.post(f"/v1/models/{path}", content=json.dumps(body))
    return answer.status_code, answer.json()


def test_all_signatures_are_served_without_tensorflow(models: Path) -> None:
    metadata = ModelFolder(models).describe("half_plus_two")
    assert metadata.engine == "litert"
    assert sorted(metadata.signatures) == [
        "classify_x_to_y",
        "regress_x2_to_y3",
        "regress_x_to_y",
        "regress_x_to_y2",
        "serving_default",
    ]


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        (
            "half_plus_two:predict",
            {"instances": [1.0, 2.0, 5.0]},
            {"predictions": [2.5, 3.0, 4.5]},
        ),
        ("half_plus_two:predict", {"instances": [[1.0]]}, {"predictions": [[2.5]]}),
        ("half_plus_two:predict", {"inputs": [1, 2]}, {"outputs": [2.5, 3.0]}),
        (
            "half_plus_three:regress",
            {"signature_name": "regress_x_to_y", "examples": [{"x": 1.0}, {"x": [2]}]},
            {"results": [3.5, 4.0]},
        ),
        (
            "half_plus_two/versions/1:regress",
            {"signature_name": "regress_x_to_y2", "examples": [{"x": 1.0, "x2": 7}]},
            {"results": [3.5]},
        ),
        (
            "half_plus_two:classify",
            {"signature_name": "classify_x_to_y", "examples": [{"x": 1.0}, {"x": 2.0}]},
            {"results": [[["", 2.5]], [["", 3.0]]]},
        ),
        (
            "half_plus_three%3Aclassify",
            {"signature_name": "classify_x_to_y", "context": {"x": 4}, "examples": [{}, {}]},
            {"results": [[["", 5.0]], [["", 5.0]]]},
        ),
        (
            "half_plus_two:predict",
            {
                "signature_name": "regress_x_to_y",
                "instances": [{"b64": "Cg0KCwoBeBIGEgQKAgAA"[:20]}],
            },
            None,
        ),
        (
            "half_plus_two:regress",
            {"signature_name": "regress_x_to_y", "examples": [{"x": float("nan")}]},
            {"results": [None]},
        ),
    ],
)
def test_documented_requests(served: TestClient, path: str, body: object, answer: object) -> None:
    status, found = ask(served, path, body)
    if answer is None:
        assert (status, next(iter(found))) == (400, "error")
    else:
        assert (status, found) == (200, answer)


REGRESS = {"signature_name": "regress_x_to_y"}


@pytest.mark.parametrize("model", ["half_plus_two", "half_plus_three"])
@pytest.mark.parametrize(
    ("verb", "body", "message"),
    [
        ("classify", REGRESS | {"examples": [{"x": 1}]}, "tensorflow/serving/regress and cannot"),
        ("regress", {"examples": [{"x": 1}]}, "'serving_default' has the method"),
        (
            "regress",
            {"signature_name": "regress_x2_to_y3", "examples": [{"x": 1}]},
            "found the inputs {'inputs': 'float32[-1, 1]'}",
        ),
        ("regress", {"signature_name": "no", "examples": [{"x": 1}]}, "'no' not found"),
        ("regress", REGRESS, "'examples' must be a non-empty list"),
        ("regress", REGRESS | {"examples": []}, "'examples' must be a non-empty list"),
        ("regress", REGRESS | {"examples": [1]}, "an example must be an object"),
        ("regress", REGRESS | {"examples": [{"x": 1}], "context": []}, "'context' must be"),
        ("regress", REGRESS | {"examples": [{"x": 1}, {"z": 1}]}, "unknown features ['z']"),
        ("regress", REGRESS | {"examples": [{"x2": 1}]}, "lacks the features ['x']"),
        ("regress", REGRESS | {"examples": [{"x": "1"}]}, "'x' takes numbers, not str"),
        ("regress", REGRESS | {"examples": [{"x": [1, 2]}]}, "has 2 values, expected 1"),
        ("regress", REGRESS | {"examples": [{"x": None}]}, "'x' takes numbers, not null"),
        (
            "regress",
            REGRESS | {"context": {"x": 1}, "examples": [{"x": 1}]},
            "the features ['x'] are in the context and in an example",
        ),
    ],
)
def test_errors(served: TestClient, model: str, verb: str, body: object, message: str) -> None:
    status, answer = ask(served, f"{model}:{verb}", body)
    assert status == 400
    assert message in answer["error"]


def test_what_is_sent_as_serialized_is_parsed_by_both_engines(served: TestClient) -> None:
    serialized = "Cg0KCwoBeBIGEgQKAgAA"
    bodies = [
        {"signature_name": "regress_x_to_y", "inputs": [{"b64": serialized}]},
        {"signature_name": "regress_x_to_y", "inputs": ["text"]},
    ]
    for body in bodies:
        for model in ("half_plus_two", "half_plus_three"):
            status, answer = ask(served, f"{model}:predict", body)
            assert status == 400, answer


def test_methods_are_shown(served: TestClient) -> None:
    answer = served.get("/v1/models/half_plus_two/metadata").json()
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    methods = {name: signature["method_name"] for name, signature in signatures.items()}
    assert methods == {
        "classify_x_to_y": "tensorflow/serving/classify",
        "regress_x2_to_y3": "tensorflow/serving/regress",
        "regress_x_to_y": "tensorflow/serving/regress",
        "regress_x_to_y2": "tensorflow/serving/regress",
        "serving_default": "tensorflow/serving/predict",
    }
    assert served.get("/v1/models/half_plus_two:classify").status_code == 405


def test_too_many_examples(served: TestClient) -> None:
    body = REGRESS | {"examples": [{"x": 1}] * 1025}
    status, answer = ask(served, "half_plus_two:regress", body)
    assert (status, answer["error"][:9]) == (413, "1025 rows")


def test_openapi_shows_the_routes(served: TestClient) -> None:
    paths = served.get("/openapi.json").json()["paths"]
    for verb in ("classify", "regress"):
        for version in ("", "/versions/{version}"):
            body = paths[f"/v1/models/{{name}}{version}:{verb}"]["post"]["requestBody"]
            assert "examples" in body["content"]["application/json"]["schema"]["properties"]
