"""`make smoke` against the real server, and against one that differs in one thing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.folders import change, change_golden, copy_iris
from tests.fronts import Asked, Given, behind, front
from tests.processes import MODELS
from tests.smoke_command import Smoke


def test_the_real_server_has_no_difference(server: str, smoke: Smoke) -> None:
    outcome = smoke(server)
    assert outcome.status == 0, outcome.out
    assert outcome.report["ok"]
    assert outcome.report["connections"] == 1  # kept alive
    (model,) = outcome.report["models"]
    assert (model["name"], model["engine"], model["requests"]) == ("iris", "litert", 4)
    assert 0 <= model["worst_difference"] < 1e-4
    assert len(outcome.report["routes"]["asked"]) >= 18
    assert set(outcome.report["routes"]["asked"].values()) == {200}
    (latency,) = outcome.report["latency"]
    assert latency["requests"] == 3
    assert 0 < latency["p50"] <= latency["p99"]
    assert "iris   litert" in outcome.out
    assert "no difference" in outcome.out


def test_a_changed_golden_value_is_named(server: str, smoke: Smoke, tmp_path: Path) -> None:
    def edit(arrays: dict[str, Any]) -> None:
        arrays["serving_default/outputs/species"][1, 2] = 7.5

    change_golden(copy_iris(tmp_path / "models"), edit)
    outcome = smoke(server, models=tmp_path / "models")
    assert outcome.status == 1
    problem = outcome.differences["iris/serving_default, V1, row 1"]
    assert problem.startswith("species[2]: expected 7.5, found ")
    for dialect in ("V2", "V2 binary", "typed"):
        assert f"iris/serving_default, {dialect}, row 1" in outcome.differences
    assert "4 differences" in outcome.out


def test_another_version_and_models_of_one_side_are_named(
    server: str, smoke: Smoke, tmp_path: Path
) -> None:
    change(copy_iris(tmp_path / "models"), version=7)
    copy_iris(tmp_path / "models", "second")
    outcome = smoke(server, models=tmp_path / "models")
    assert outcome.status == 1
    assert "expected version 7 by litert" in outcome.differences["iris"]
    assert "found version 1 by litert" in outcome.differences["iris"]
    assert outcome.differences["second"] == "not served at the address, but in the folder"
    renamed = tmp_path / "renamed"
    copy_iris(renamed, "second")
    differences = smoke(server, models=renamed).differences
    assert differences["iris"] == "served at the address (version 1), but not in the folder"


def test_a_broken_model_of_the_folder_is_reported(
    server: str, smoke: Smoke, tmp_path: Path
) -> None:
    (copy_iris(tmp_path / "models") / "golden.npz").unlink()
    outcome = smoke(server, models=tmp_path / "models")
    assert outcome.status == 1
    assert "broken in the folder" in outcome.differences["iris"]
    assert "golden.npz is missing" in outcome.differences["iris"]


def test_a_broken_model_of_the_address_is_reported(server: str, smoke: Smoke) -> None:
    def ask(asked: Asked) -> Given:
        given = behind(server)(asked)
        if asked.path != "/health":
            return given
        health = json.loads(given.body) | {"models": [], "broken": {"iris": "no such file"}}
        return Given(503, json.dumps(health | {"status": "unavailable"}).encode())

    with front(ask) as address:
        outcome = smoke(address)
    assert outcome.status == 1
    assert outcome.differences["iris"] == "broken at the address: no such file"
    assert "503" in outcome.differences["/health"]


def test_a_folder_without_models_is_a_sentence(server: str, smoke: Smoke, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    outcome = smoke(server, models=tmp_path / "models")
    assert "holds no model, so no answer was compared" in outcome.out
    assert outcome.status == 1  # the address serves one
    assert outcome.report["routes"]["asked"]


def test_rows_beyond_the_limits_are_sent_in_parts(
    server: str, smoke: Smoke, tmp_path: Path
) -> None:
    change(copy_iris(tmp_path / "values"), max_values=4)  # of a row
    assert smoke(server, models=tmp_path / "values").report["models"][0]["requests"] == 12
    change(copy_iris(tmp_path / "models"), max_batch=2)
    outcome = smoke(server, models=tmp_path / "models")
    assert outcome.status == 0, outcome.out
    (model,) = outcome.report["models"]
    assert model["requests"] == 8
    whole = smoke(server).report["models"][0]
    assert model["rows"] == whole["rows"]


def test_a_wrong_number_in_any_dialect_is_found(server: str, smoke: Smoke) -> None:
    def ask(asked: Asked) -> Given:
        given = behind(server)(asked)
        if asked.path != "/models/iris/predict":
            return given
        answer = json.loads(given.body)
        answer["predictions"][0]["label"] = "rose"
        return Given(200, json.dumps(answer).encode())

    with front(ask) as address:
        differences = smoke(address).differences
    (where,) = differences
    assert where.startswith("iris/serving_default, typed")
    assert "label is 'rose', expected 'setosa'" in differences[where]


def test_an_error_of_the_server_is_named_with_its_request(server: str, smoke: Smoke) -> None:
    def ask(asked: Asked) -> Given:
        broken = asked.path.startswith("/v2/models/iris/infer")
        return Given(500, b'{"error": "internal error"}') if broken else behind(server)(asked)

    with front(ask) as address:
        outcome = smoke(address)
    assert outcome.status == 1
    wrong = outcome.differences["iris/serving_default, V2, row 0"]
    assert wrong == "500 (internal error)"
    assert "expected success" in outcome.differences["POST /v2/models/{name}/infer"]


def test_a_connection_that_is_closed_is_a_difference(server: str, smoke: Smoke) -> None:
    def ask(asked: Asked) -> Given:
        if asked.path == "/v2/health/live":
            raise ConnectionError
        return behind(server)(asked)

    with front(ask) as address:
        outcome = smoke(address)
    assert "was closed before" in outcome.differences["GET /v2/health/live"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Given(418, b"{}"), "418: this status is not documented"),
        (Given(404, b"{}"), "404: expected success for the example"),
        (Given(200, b"<html>", {"content-type": "text/html"}), "JSON is documented, found"),
    ],
)
def test_a_route_that_is_not_as_documented_is_named(
    server: str, smoke: Smoke, given: Given, expected: str
) -> None:
    def ask(asked: Asked) -> Given:
        return given if asked.path == "/v1/models" else behind(server)(asked)

    with front(ask) as address:
        outcome = smoke(address)
    assert outcome.status == 1
    assert expected in outcome.differences["GET /v1/models"]


def test_an_address_without_a_document_is_a_difference(server: str, smoke: Smoke) -> None:
    def ask(asked: Asked) -> Given:
        return Given(200, b"[]") if asked.path == "/openapi.json" else behind(server)(asked)

    with front(ask) as address:
        assert "OpenAPI document" in smoke(address).differences["/openapi.json"]


def test_an_address_may_have_the_path_of_a_stage(server: str, smoke: Smoke) -> None:
    def ask(asked: Asked) -> Given:
        if not asked.path.startswith("/prod/"):
            return Given(404, b'{"message": "Not Found"}')
        stripped = asked.path.removeprefix("/prod")
        return behind(server)(Asked(asked.method, stripped, asked.headers, asked.body))

    with front(ask) as address:
        assert smoke(f"{address}/prod/").status == 0
        outcome = smoke(address)
    assert outcome.status == 2
    assert "/prod, missing in the address?" in outcome.err


def test_another_folder_of_models_is_compared(server: str, smoke: Smoke, tmp_path: Path) -> None:
    shutil.copytree(MODELS, tmp_path / "mine")
    assert smoke(server, models=tmp_path / "mine").status == 0


def test_a_dialect_and_a_route_can_be_skipped_and_are_told(server: str, smoke: Smoke) -> None:
    def ask(asked: Asked) -> Given:
        binary = asked.headers.get("content-type") == "application/octet-stream"
        return Given(502) if binary or asked.path == "/v1/models" else behind(server)(asked)

    with front(ask) as address:
        assert len(smoke(address).differences) == 2
        outcome = smoke(address, "--skip=V2 binary", "--skip=GET /v1/models", "--skip=V3")
    assert outcome.status == 0, outcome.out
    assert "V2 binary was skipped" in outcome.out
    assert "'V3' is no dialect, and no documented route" in outcome.out
    skipped = outcome.report["routes"]["skipped"]
    assert skipped.pop("GET /v1/models") == "as asked by --skip"
    # No model here has a signature of these methods.
    assert all(route.endswith((":classify", ":regress")) for route in skipped)
