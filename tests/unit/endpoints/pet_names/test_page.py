import html
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api import handler
from functions.api.app import create_app
from functions.api.handler import lambda_handler
from inference.models import ModelFolder
from tests.aws import context
from tests.folders import copy_iris
from tests.processes import shell_words


def names_on(page: str) -> list[str]:
    (shown,) = re.findall(r'<ul class="names">(.*?)</ul>', page, re.DOTALL)
    return [html.unescape(name) for name in re.findall(r"<li[^>]*>([^<]*)</li>", shown)]


def test_the_front_page_shows_twenty_names(names_client: TestClient) -> None:
    page = names_client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert len(names_on(page.text)) == 20
    assert names_client.get("/").text != page.text


def test_the_front_page_draws_what_the_api_draws(names_client: TestClient) -> None:
    query: dict[str, str | float] = {
        "count": 30,
        "species": "dog",
        "prefix": "ma",
        "seed": 5,
        "temperature": 1.5,
    }
    page = names_client.get("/", params=query).text
    assert names_on(page) == names_client.get("/names", params=query).json()


def test_names_of_the_data_are_not_marked_as_new(names_client: TestClient) -> None:
    page = names_client.get("/", params={"temperature": 0.2, "species": "cat", "seed": 1}).text
    assert "Sam" in names_on(page)
    assert '<li class="new">Sam</li>' not in page
    assert '<li class="new">' in names_client.get("/", params={"temperature": 2, "seed": 1}).text


def test_an_empty_field_of_the_form_is_no_choice(names_client: TestClient) -> None:
    answer = names_client.get("/?species=&temperature=1.0&prefix=&count=20&seed=")
    assert len(names_on(answer.text)) == 20


def test_what_the_form_cannot_send_is_a_422(names_client: TestClient) -> None:
    answer = names_client.get("/", params={"prefix": "<script>"})
    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"] == "query.prefix"


def test_the_form_allows_what_the_query_allows(names_client: TestClient) -> None:
    page = names_client.get("/").text
    (operation,) = names_client.get("/openapi.json").json()["paths"]["/names"].values()
    fields = {field["name"]: field["schema"] for field in operation["parameters"]}
    for name in ("count", "temperature"):
        (field,) = re.findall(rf'<input [^>]*name="{name}"[^>]*>', page)
        (low,), (high,) = re.findall(r'min="([^"]+)"', field), re.findall(r'max="([^"]+)"', field)
        assert (float(low), float(high)) == (fields[name]["minimum"], fields[name]["maximum"])
    assert f'maxlength="{fields["prefix"]["maxLength"]}"' in page


def test_it_keeps_the_policy_and_is_whole_without_internet_access(names_client: TestClient) -> None:
    page = names_client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    references = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert "assets/pet_names/names.js" in references
    for reference in references:
        assert "//" not in reference, f"{reference} is on another host"
        answer = names_client.get(f"/{html.unescape(reference).removeprefix('./')}")
        assert answer.status_code == 200, reference


def test_every_page_leads_to_the_names(names_client: TestClient) -> None:
    assert '<a href="./" aria-current="page">Names</a>' in names_client.get("/").text
    assert '<a href="./">Names</a>' in names_client.get("/models").text


def test_a_broken_model_leads_to_the_page_that_says_why(tmp_path: Path) -> None:
    (tmp_path / "pet_names").mkdir()
    client = TestClient(create_app(ModelFolder(tmp_path)), raise_server_exceptions=False)
    page = client.get("/")
    assert page.url.path == "/models"
    assert "pet_names: has no metadata.json" in page.text
    assert client.get("/names").status_code == 503


def test_a_server_without_the_model_has_no_names(client: TestClient) -> None:
    assert client.get("/names").status_code == 404
    assert client.get("/").url.path == "/models"
    assert "Names" not in client.get("/models").text


def test_a_quote_in_an_address_stays_within_its_word(names_client: TestClient) -> None:
    host = "a'$(id);b"
    page = names_client.get("/", params={"seed": 7}, headers={"Host": host}).text
    (line,) = re.findall(r"<h3>curl</h3><pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert shell_words(html.unescape(line)) == [f"http://{host}/names?seed=7"]


def test_its_requests_are_right_behind_a_stage(
    event: Callable[[str], dict[str, Any]],
    names_models: ModelFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handler, "app", create_app(names_models))
    staged = event("pet_names/front_page")
    staged["rawPath"] = staged["requestContext"]["http"]["path"] = "/prod/"
    staged["requestContext"]["stage"] = "prod"
    response = lambda_handler(staged, context())
    host = staged["headers"]["host"]
    assert f"curl 'https://{host}/prod/names?" in html.unescape(response["body"])


def test_another_model_of_that_name_is_served_without_the_example(tmp_path: Path) -> None:
    """`make add-model NAME=pet_names` into another folder of models."""
    copy_iris(tmp_path, "pet_names")
    client = TestClient(create_app(ModelFolder(tmp_path)), raise_server_exceptions=False)
    page = client.get("/")
    assert (page.status_code, page.url.path) == (200, "/models")
    assert "Names" not in page.text
    assert client.get("/names").status_code == 404
    answer = client.post(
        "/models/pet_names/predict", json={"instances": [{"flower": [5.1, 3.5, 1.4, 0.2]}]}
    )
    assert answer.json()["predictions"][0]["label"] == "setosa"


def test_a_page_whose_names_cannot_be_drawn_leads_to_the_models(
    tmp_path: Path, names_models: ModelFolder
) -> None:
    shutil.copytree(names_models.directory / "pet_names", tmp_path / "pet_names")
    (tmp_path / "pet_names/drawing.json").unlink()
    client = TestClient(create_app(ModelFolder(tmp_path)), raise_server_exceptions=False)
    page = client.get("/")
    assert (page.status_code, page.url.path) == (200, "/models")
    assert client.get("/names").status_code == 503
