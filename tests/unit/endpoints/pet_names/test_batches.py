"""What the API answers of batches, where S3 answers as AWS documents it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from functions.api.settings import Settings
from inference.models import ModelFolder
from tests.s3_stub import Answer, Request, denied, listing, stubbed

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")


def run(number: int) -> str:
    return f"2026{number // 31 % 12 + 1:02}{number % 31 + 1:02}T{number // 372:06}Z-44136fa355b3"


@pytest.fixture
def client(names_models: ModelFolder) -> Iterator[TestClient]:
    app = create_app(names_models, Settings.model_validate({"BATCHES_BUCKET": "batches"}))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@contextmanager
def keys(patch: pytest.MonkeyPatch, present: list[str]) -> Iterator[list[Request]]:
    """A bucket whose role may list; S3 refuses to read."""

    def answer(request: Request) -> Answer:
        if "list-type" in request.query:
            return listing(request, present)
        return denied("s3:GetObject")

    with stubbed(patch, answer) as requests:
        yield requests


def test_a_batch_that_is_not_there_is_a_404_though_s3_says_403(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with keys(monkeypatch, [f"names/{run(1)}/manifest.json"]):
        answer = client.get(f"/names/batches/{run(2)}")
        assert (answer.status_code, answer.json()["error"]) == (404, f"no batch {run(2)}")
        assert client.get(f"/names/batches/{run(1)}").status_code == 500, "a lack of permission"


def test_it_is_a_404_where_the_role_may_not_even_list(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stubbed(monkeypatch, lambda _: denied("s3:Anything")):
        assert client.get(f"/names/batches/{run(2)}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/nonsense", "/..%2Fsecret", "/20260101T000000Z%0A", "/٢٠٢٦٠١٠١T000000Z", "?before=20260101"],
)
def test_s3_is_not_asked_for_what_is_no_name_of_a_batch(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with keys(monkeypatch, []) as requests:
        assert client.get(f"/names/batches{path}").status_code in (404, 422)
    assert requests == []


def test_a_thousand_batches_are_one_call_and_come_in_pages(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(run(number) for number in range(1000))
    present = [f"names/{name}/manifest.json" for name in names]
    present += [
        f"names/parts/{name}/part-{part:05}.jsonl.gz"
        for name in [*names, run(1000)]  # the last one is not finished
        for part in range(3)
    ]
    with keys(monkeypatch, present) as requests:
        first = client.get("/names/batches?limit=400").json()
        assert len(requests) == 1
        pages = [first["batches"]]
        while "next" in first:
            first = client.get(f"/names/batches?limit=400&before={first['next']}").json()
            pages.append(first["batches"])
    assert [len(page) for page in pages] == [400, 400, 200]
    assert sum(pages, start=[]) == names[::-1]  # noqa: RUF017 - three pages
    assert len(requests) == 3
