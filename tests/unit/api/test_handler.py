import base64
import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from functions.api import handler
from functions.api.handler import lambda_handler
from functions.api.limits import Predictor
from inference import telemetry
from inference.settings import Settings
from inference.telemetry import logger
from tests.aws import context

Event = Callable[[str], dict[str, Any]]
CONTEXT = context()


@pytest.fixture(autouse=True)
def _served(application: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler answers from the tests' own model."""
    monkeypatch.setattr(handler, "app", application)


def test_an_event_is_answered(event: Event) -> None:
    response = lambda_handler(event("health"), CONTEXT)
    assert response["statusCode"] == 200
    assert response["headers"]["content-type"] == "application/json"
    assert not response["isBase64Encoded"]
    assert json.loads(response["body"])["models"][0]["name"] == "iris"


def test_errors_have_the_documented_shape(event: Event) -> None:
    response = lambda_handler(event("not_found"), CONTEXT)
    assert response["statusCode"] == 404
    assert json.loads(response["body"]).keys() == {"error", "details"}


@pytest.mark.parametrize("name", ["predict_percent_encoded", "predict_gzip"])
def test_predictions_of_encoded_requests(event: Event, name: str) -> None:
    response = lambda_handler(event(name), CONTEXT)
    assert response["statusCode"] == 200
    rows = json.loads(response["body"])["predictions"]
    assert np.array(rows).shape == (2, 3)
    np.testing.assert_allclose(np.sum(rows, axis=-1), 1, atol=1e-5)


def test_bytes_in_and_out_are_base64(event: Event) -> None:
    response = lambda_handler(event("infer_binary"), CONTEXT)
    assert response["isBase64Encoded"]
    content = base64.b64decode(response["body"])
    length = int(response["headers"]["inference-header-content-length"])
    (output,) = json.loads(content[:length])["outputs"]
    values = np.frombuffer(content[length:], "<f4").reshape(output["shape"])
    np.testing.assert_allclose(values.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("path", ["/health", "/models", "/openapi.json"])
def test_text_is_not_base64(event: Event, path: str) -> None:
    response = lambda_handler(asking(event, path), CONTEXT)
    assert response["statusCode"] == 200
    assert not response["isBase64Encoded"]


def asking(event: Event, path: str) -> dict[str, Any]:
    asked = event("health")
    asked["rawPath"] = asked["requestContext"]["http"]["path"] = path
    return asked


def test_logs_carry_the_correlation_id(
    event: Event, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(Predictor, "run", fail)
    monkeypatch.setattr(logger.registered_handler, "stream", sys.stdout)
    response = lambda_handler(event("predict_gzip"), CONTEXT)
    assert response["statusCode"] == 500
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    (entry,) = [line for line in logged if line.get("message") == "unexpected error"]
    assert entry["correlation_id"] == event("predict_gzip")["requestContext"]["requestId"]
    assert "on purpose" in entry["exception"]
    assert "on purpose" not in response["body"]


def test_server_errors_are_counted_by_version(
    event: Event, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment is rolled back by the errors of its own version."""
    version = Settings.model_validate({"AWS_LAMBDA_FUNCTION_VERSION": "7"})
    monkeypatch.setattr(telemetry, "settings", version)
    monkeypatch.setattr(Predictor, "run", lambda *_: 1 / 0)
    assert lambda_handler(event("predict_gzip"), CONTEXT)["statusCode"] == 500
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    (entry,) = [line for line in logged if "ServerErrors" in line]
    (declared,) = entry["_aws"]["CloudWatchMetrics"]
    assert declared["Namespace"] == "TensorflowLambdaApi"
    assert declared["Dimensions"] == [["service", "version"]]
    assert declared["Metrics"] == [{"Name": "ServerErrors", "Unit": "Count"}]
    assert (entry["ServerErrors"], entry["version"]) == ([1.0], "7")
    assert entry["service"] == "tensorflow-lambda-api"
    assert not [line for line in logged if "version" in line and line is not entry]


@pytest.mark.parametrize(
    ("media_type", "fits", "limit"),
    [("application/json", 6_200_000, "6 MB"), ("application/octet-stream", 4_600_000, "4.5 MB")],
)
def test_an_answer_over_the_limit_says_which_one_holds(
    event: Event, monkeypatch: pytest.MonkeyPatch, media_type: str, fits: int, limit: str
) -> None:
    size = fits

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"x" * size, media_type=media_type)(scope, receive, send)

    monkeypatch.setattr(handler, "app", answer)
    assert lambda_handler(event("health"), CONTEXT)["statusCode"] == 200
    size = fits + 150_000
    response = lambda_handler(event("health"), CONTEXT)
    assert response["statusCode"] == 413
    assert not response["isBase64Encoded"]
    assert f"the answer exceeds {limit}, the most that Lambda returns" in response["body"]
    assert len(json.dumps(response)) < 1000


@pytest.mark.parametrize("path", ["/health", "/models", "/v1/models/iris", "/openapi.json"])
def test_behind_a_stage_of_its_own(event: Event, path: str) -> None:
    staged = asking(event, f"/prod{path}")
    staged["requestContext"]["stage"] = "prod"
    assert lambda_handler(staged, CONTEXT)["statusCode"] == 200
