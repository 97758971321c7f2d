"""The names through the Lambda handler, as API Gateway asks for them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.api import handler
from functions.api.app import create_app
from functions.api.handler import lambda_handler
from inference.models import ModelFolder
from tests.aws import context

Event = Callable[[str], dict[str, Any]]


@pytest.fixture(autouse=True)
def _served(names_models: ModelFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "app", create_app(names_models))


def test_names(event: Event) -> None:
    response = lambda_handler(event("pet_names/names"), context())
    assert response["statusCode"] == 200
    assert response["headers"]["content-type"] == "application/json"
    assert not response["isBase64Encoded"]
    assert len(json.loads(response["body"])) == 20


def test_the_query_string_arrives(event: Event) -> None:
    first = lambda_handler(event("pet_names/names_seeded"), context())
    again = lambda_handler(event("pet_names/names_seeded"), context())
    assert first["body"] == again["body"]
    assert len(json.loads(first["body"])) == 3
    assert first["headers"]["x-seed"] == "7"


@pytest.mark.parametrize(("name", "status"), [("names_bad_count", 422), ("post_names", 405)])
def test_errors_have_the_documented_shape(event: Event, name: str, status: int) -> None:
    response = lambda_handler(event(f"pet_names/{name}"), context())
    assert response["statusCode"] == status
    assert json.loads(response["body"]).keys() == {"error", "details"}


def test_the_page_is_text(event: Event) -> None:
    response = lambda_handler(event("pet_names/front_page"), context())
    assert response["statusCode"] == 200
    assert not response["isBase64Encoded"]
