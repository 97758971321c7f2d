import base64
import html
import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from functions.api import names
from functions.api.handler import lambda_handler
from inference.telemetry import logger

Event = Callable[[str], dict[str, Any]]

CONTEXT: Any = SimpleNamespace(
    function_name="ApiFunction",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:ApiFunction:live",
    aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
)


def test_names(event: Event) -> None:
    response = lambda_handler(event("names"), CONTEXT)
    assert response["statusCode"] == 200
    assert response["headers"]["content-type"] == "application/json"
    assert not response["isBase64Encoded"]
    assert len(json.loads(response["body"])) == 20


def test_the_query_string_arrives(event: Event) -> None:
    first = lambda_handler(event("names_seeded"), CONTEXT)
    assert first["body"] == lambda_handler(event("names_seeded"), CONTEXT)["body"]
    assert len(json.loads(first["body"])) == 3
    assert first["headers"]["x-seed"] == "7"


@pytest.mark.parametrize(
    ("name", "status"), [("names_bad_count", 422), ("not_found", 404), ("post_names", 405)]
)
def test_errors_have_the_documented_shape(event: Event, name: str, status: int) -> None:
    response = lambda_handler(event(name), CONTEXT)
    assert response["statusCode"] == status
    assert json.loads(response["body"]).keys() == {"error", "details"}


@pytest.mark.parametrize("name", ["predict_percent_encoded", "predict_gzip"])
def test_predictions_of_encoded_requests(event: Event, name: str) -> None:
    response = lambda_handler(event(name), CONTEXT)
    assert response["statusCode"] == 200
    rows = json.loads(response["body"])["predictions"]
    assert np.array(rows).shape == (2, 2, 31)
    np.testing.assert_allclose(np.sum(rows, axis=-1), 1, atol=1e-5)


def test_bytes_in_and_out_are_base64(event: Event) -> None:
    response = lambda_handler(event("infer_binary"), CONTEXT)
    assert response["isBase64Encoded"]
    content = base64.b64decode(response["body"])
    length = int(response["headers"]["inference-header-content-length"])
    (output,) = json.loads(content[:length])["outputs"]
    values = np.frombuffer(content[length:], "<f4").reshape(output["shape"])
    np.testing.assert_allclose(values.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("name", ["health", "front_page"])
def test_text_is_not_base64(event: Event, name: str) -> None:
    response = lambda_handler(event(name), CONTEXT)
    assert response["statusCode"] == 200
    assert not response["isBase64Encoded"]


def test_logs_carry_the_correlation_id(
    event: Event, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(names, "draw_names", fail)
    monkeypatch.setattr(logger.registered_handler, "stream", sys.stdout)
    response = lambda_handler(event("names"), CONTEXT)
    assert response["statusCode"] == 500
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    (entry,) = [line for line in logged if line.get("message") == "unexpected error"]
    assert entry["correlation_id"] == event("names")["requestContext"]["requestId"]
    assert "on purpose" in entry["exception"]
    assert "on purpose" not in response["body"]
    assert [line["ServerErrors"] for line in logged if "ServerErrors" in line] == [[1.0]]


@pytest.mark.parametrize(
    "path", ["/names", "/", "/models", "/v1/models/pet_names", "/openapi.json"]
)
def test_behind_a_stage_of_its_own(event: Event, path: str) -> None:
    staged = event("names")
    staged["rawPath"] = staged["requestContext"]["http"]["path"] = f"/prod{path}"
    staged["requestContext"]["stage"] = "prod"
    response = lambda_handler(staged, CONTEXT)
    assert response["statusCode"] == 200
    if path == "/":
        host = staged["headers"]["host"]
        assert f"curl 'https://{host}/prod/names?" in html.unescape(response["body"])
