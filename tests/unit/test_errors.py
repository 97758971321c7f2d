import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from functions.api.errors import install_error_handlers
from inference.settings import settings


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("count=0", "count"),
        ("count=1001", "count"),
        ("count=many", "count"),
        ("count=true", "count"),
        ("temperature=0.09", "temperature"),
        ("temperature=3.1", "temperature"),
        ("temperature=nan", "temperature"),
        ("temperature=1e999", "temperature"),
        ("species=goat", "species"),
        ("prefix=a1", "prefix"),
        ("prefix=abcdefghijk", "prefix"),
        ("prefix=abc%0A", "prefix"),
        ("prefix=%C3%A9", "prefix"),
        ("seed=1.5", "seed"),
        (f"seed={2**63}", "seed"),
        (f"seed={'9' * 5000}", "seed"),
    ],
)
def test_bad_input_names_the_field_and_repeats_nothing(
    client: TestClient, query: str, field: str
) -> None:
    response = client.get(f"/names?{query}")
    assert response.status_code == 422
    body = response.json()
    assert body.keys() == {"error", "details"}
    (detail,) = body["details"]
    assert detail.keys() == {"field", "message", "type"}
    assert detail["field"] == f"query.{field}"
    assert field in body["error"]
    assert "/" not in response.text, "a path or an address leaks"
    assert len(response.text) < 500, "the input is repeated"


def test_every_wrong_field_is_named(client: TestClient) -> None:
    details = client.get("/names?count=0&species=x").json()["details"]
    assert {detail["field"] for detail in details} == {"query.count", "query.species"}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/names", 405)]
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
    for path in document["paths"].values():
        for operation in path.values():
            schema = operation["responses"]["422"]["content"]["application/json"]["schema"]
            assert schema["$ref"].endswith("/ErrorResponse")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(client: TestClient, chunked: bool) -> None:
    body = b" " * (settings.max_body_bytes + 1)
    content = iter([body[:1_000_000], body[1_000_000:]]) if chunked else body
    response = client.post("/models/pet_names/predict", content=content)
    assert response.status_code == 413
    assert response.json().keys() == {"error", "details"}


@pytest.mark.parametrize(
    ("rows", "steps", "status"), [(1024, 1, 200), (1025, 1, 413), (1024, 120, 413)]
)
def test_a_batch_or_an_answer_over_the_limit_is_refused(
    client: TestClient, rows: int, steps: int, status: int
) -> None:
    body = {"instances": [{"characters": [31] * steps}] * rows}
    response = client.post("/models/pet_names/predict", json=body)
    assert response.status_code == status
