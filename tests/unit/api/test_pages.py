import html
import json
import re
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from inference.models import METADATA, ModelFolder
from tests.processes import MODELS


@pytest.mark.parametrize("path", ["/models", "/docs"])
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
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    style = client.get("/assets/style.css")
    again = client.get("/assets/style.css", headers={"if-none-match": style.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("page", ["/models", "/docs"])
def test_pages_are_whole_without_internet_access(client: TestClient, page: str) -> None:
    references = re.findall(r'(?:src|href)="([^"]+)"', client.get(page).text)
    assert references
    for reference in references:
        assert "//" not in reference, f"{reference} is on another host"
        assert client.get(f"/{reference.removeprefix('./')}").status_code == 200, reference


def test_a_server_without_a_front_page_begins_with_its_models(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.url.path == "/models"
    assert "<h1>Models</h1>" in answer.text


def test_a_server_without_models_says_so(tmp_path: Path) -> None:
    with TestClient(create_app(ModelFolder(tmp_path))) as client:
        assert "No model is served yet" in client.get("/models").text


def test_the_examples_on_the_page_work_in_every_dialect(client: TestClient) -> None:
    page = client.get("/models").text
    options = re.findall(r'<option value="([^"]+)" data-example="([^"]+)">([^<]+)<', page)
    assert [dialect for *_, dialect in options] == [
        "its own",
        "TensorFlow Serving",
        "Open Inference V2",
    ]
    for path, example, _ in options:
        answer = client.post(f"/{path}", content=html.unescape(example))
        assert answer.status_code == 200, answer.text


def test_what_a_metadata_file_holds_is_text_and_not_html(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "iris", tmp_path / "iris")
    metadata = json.loads((tmp_path / "iris" / METADATA).read_text())
    metadata |= {"engine_reason": "<script>alert(1)</script>"}
    (tmp_path / "iris" / METADATA).write_text(json.dumps(metadata))
    (tmp_path / "<b>broken").mkdir()
    page = TestClient(create_app(ModelFolder(tmp_path))).get("/models").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>broken" not in page
    assert "&lt;b&gt;broken: the folder&#39;s name cannot be part of an address" in page
