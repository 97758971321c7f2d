import re

import pytest
from starlette.testclient import TestClient

from inference import __version__


def test_health_says_what_is_served(client: TestClient) -> None:
    assert client.get("/health").json() == {
        "status": "ok",
        "version": __version__,
        "models": [{"name": "pet_names", "version": 1, "engine": "litert"}],
        "broken": {},
    }


def test_the_front_page_shows_twenty_names(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count("<li>") == 20
    assert client.get("/").text != page.text


@pytest.mark.parametrize("page", ["/", "/docs"])
def test_pages_are_whole_without_internet_access(client: TestClient, page: str) -> None:
    references = re.findall(r'(?:src|href)="([^"]+)"', client.get(page).text)
    assert references
    for reference in references:
        assert "//" not in reference, f"{reference} is on another host"
        assert client.get(f"/{reference.removeprefix('./')}").status_code == 200, reference
