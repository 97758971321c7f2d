import html
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from functions.api import pages
from functions.api.app import create_app
from inference import __version__
from inference.models import ModelFolder


def test_health_says_what_is_served(client: TestClient) -> None:
    assert client.get("/health").json() == {
        "status": "ok",
        "version": __version__,
        "models": [{"name": "pet_names", "version": 1, "engine": "litert"}],
        "broken": {},
    }


def names_on(page: str) -> list[str]:
    (shown,) = re.findall(r'<ul class="names">(.*?)</ul>', page, re.DOTALL)
    return [html.unescape(name) for name in re.findall(r"<li[^>]*>([^<]*)</li>", shown)]


def test_the_front_page_shows_twenty_names(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert len(names_on(page.text)) == 20
    assert client.get("/").text != page.text


def test_the_front_page_draws_what_the_api_draws(client: TestClient) -> None:
    query: dict[str, str | float] = {
        "count": 30,
        "species": "dog",
        "prefix": "ma",
        "seed": 5,
        "temperature": 1.5,
    }
    assert names_on(client.get("/", params=query).text) == client.get("/names", params=query).json()


def test_names_of_the_data_are_not_marked_as_new(client: TestClient) -> None:
    page = client.get("/", params={"temperature": 0.2, "species": "cat", "seed": 1}).text
    assert "Sam" in names_on(page)
    assert '<li class="new">Sam</li>' not in page
    assert '<li class="new">' in client.get("/", params={"temperature": 2, "seed": 1}).text


def test_an_empty_field_of_the_form_is_no_choice(client: TestClient) -> None:
    answer = client.get("/?species=&temperature=1.0&prefix=&count=20&seed=")
    assert len(names_on(answer.text)) == 20


def test_what_the_form_cannot_send_is_a_422(client: TestClient) -> None:
    answer = client.get("/", params={"prefix": "<script>"})
    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"] == "query.prefix"


@pytest.mark.parametrize("path", ["/", "/models", "/docs"])
def test_pages_allow_nothing_but_their_own(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_a_page_is_not_sent_twice(client: TestClient) -> None:
    first = client.get("/models")
    again = client.get("/models", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    style = client.get("/assets/style.css")
    again = client.get("/assets/style.css", headers={"if-none-match": style.headers["etag"]})
    assert again.status_code == 304


def test_pages_are_light(client: TestClient) -> None:
    folder = Path(pages.__file__).parent / "page"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 60_000


def test_a_server_without_the_example_begins_with_its_models(tmp_path: Path) -> None:
    with TestClient(create_app(ModelFolder(tmp_path))) as client:
        answer = client.get("/")
        assert answer.url.path == "/models"
        assert "<h1>Models</h1>" in answer.text


@pytest.mark.parametrize("page", ["/", "/models", "/docs"])
def test_pages_are_whole_without_internet_access(client: TestClient, page: str) -> None:
    references = re.findall(r'(?:src|href)="([^"]+)"', client.get(page).text)
    assert references
    for reference in references:
        assert "//" not in reference, f"{reference} is on another host"
        assert client.get(f"/{reference.removeprefix('./')}").status_code == 200, reference
