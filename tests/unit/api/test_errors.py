import json
import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from functions.api.errors import install_error_handlers


def test_bad_input_names_the_place_and_repeats_nothing(client: TestClient) -> None:
    body = {"instances": [{"flower": [1, 2, 3, "a secret"]}, {"flower": [None, 2, 3, 4]}]}
    response = client.post("/models/iris/predict", json=body)
    assert response.status_code == 422
    answer = response.json()
    assert answer.keys() == {"error", "details"}
    assert [detail["field"] for detail in answer["details"]] == [
        "body.instances.0.flower.3",
        "body.instances.1.flower.0",
    ]
    assert all(detail.keys() == {"field", "message", "type"} for detail in answer["details"])
    assert "secret" not in response.text, "the input is repeated"


def test_no_more_than_ten_details(client: TestClient) -> None:
    body = {"instances": [{"flower": ["x"] * 4}] * 100}
    assert len(client.post("/models/iris/predict", json=body).json()["details"]) == 10


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/health", 405),
        ("POST", "/models/nothing/predict", 404),
    ],
)
def test_other_errors_have_the_same_shape(
    client: TestClient, method: str, path: str, status: int
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert response.json().keys() == {"error", "details"}
    if status == 405:
        assert response.headers["allow"] == "GET"


def test_an_unexpected_error_is_json_and_tells_nothing() -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    def fail() -> None:
        raise RuntimeError("the password is hunter2")

    response = TestClient(app, raise_server_exceptions=False).get("/")
    assert response.status_code == 500
    assert response.json() == {"error": "internal error", "details": []}


def test_the_openapi_document_declares_the_one_shape(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    schema = response["content"]["application/json"]["schema"]
                    expected = (
                        "Health" if path == "/health" and status == "503" else "ErrorResponse"
                    )
                    assert schema == {"$ref": f"#/components/schemas/{expected}"}


def test_every_reference_of_the_openapi_document_resolves(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    references = re.findall(r'"\$ref": "(.*?)"', json.dumps(document))
    assert references
    for reference in set(references):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
