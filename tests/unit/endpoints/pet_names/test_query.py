import pytest
from starlette.testclient import TestClient


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
        ("species=", "species"),
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
    names_client: TestClient, query: str, field: str
) -> None:
    response = names_client.get(f"/names?{query}")
    assert response.status_code == 422
    body = response.json()
    assert body.keys() == {"error", "details"}
    (detail,) = body["details"]
    assert detail.keys() == {"field", "message", "type"}
    assert detail["field"] == f"query.{field}"
    assert field in body["error"]
    assert "/" not in response.text, "a path or an address leaks"
    assert len(response.text) < 500, "the input is repeated"


def test_every_wrong_field_is_named(names_client: TestClient) -> None:
    details = names_client.get("/names?count=0&species=x").json()["details"]
    assert {detail["field"] for detail in details} == {"query.count", "query.species"}


def test_bounds_are_documented(names_client: TestClient) -> None:
    (operation,) = names_client.get("/openapi.json").json()["paths"]["/names"].values()
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    assert parameters.keys() == {"count", "temperature", "species", "prefix", "seed"}
    assert all(parameter["description"] for parameter in parameters.values())
    count = parameters["count"]["schema"]
    assert (count["minimum"], count["maximum"], count["default"]) == (1, 1000, 20)
