"""``make start-api``: SAM's local API Gateway in front of the real image, over HTTP and HTTPS."""

import json
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import fetch, running, wait_until_answering

ADDRESSES = {"http": "http://127.0.0.1:3000", "https": "https://127.0.0.1:3000"}


@pytest.fixture(scope="module", params=ADDRESSES)
def api(
    request: pytest.FixtureRequest, docker: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    log: Path = tmp_path_factory.mktemp("sam") / "log"
    command = ["make", "start-api", *(["HTTPS=1"] if request.param == "https" else [])]
    url = ADDRESSES[request.param]
    with running(command, log) as process:
        wait_until_answering(f"{url}/health", process, log)
        yield url


def test_names(api: str) -> None:
    assert len(json.loads(fetch(f"{api}/names"))) == 20
    assert len(json.loads(fetch(f"{api}/names?count=3&species=cat"))) == 3


def test_the_pages_and_their_assets(api: str) -> None:
    assert b"<li>" in fetch(f"{api}/")
    assert b"swagger" in fetch(f"{api}/docs")
    assert len(fetch(f"{api}/assets/swagger/swagger-ui-bundle.js")) > 1_000_000


def test_bad_input_has_the_documented_shape(api: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetch(f"{api}/names?count=0")
    with caught.value as answer:
        assert answer.code == 422
        assert json.loads(answer.read())["details"][0]["field"] == "query.count"
