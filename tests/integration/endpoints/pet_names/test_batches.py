"""The job of the names and what the API reads of it, against moto's S3, over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from functions.api.settings import Settings
from functions.jobs import OutOfTimeError
from functions.scheduled import handler
from functions.scheduled.settings import Settings as ScheduledSettings
from inference.models import ModelFolder
from tests.aws import context, emulated
from tests.buckets import BUCKET, bucket, contents, rows

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
CONTEXT = context("ScheduledFunction")
ENVIRONMENT = {"BATCHES_BUCKET": BUCKET}


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory, names_models: ModelFolder) -> Iterator[Any]:
    log = tmp_path_factory.mktemp("s3") / "log"
    with emulated(log) as patch, bucket() as client:
        patch.setattr(handler, "settings", ScheduledSettings.model_validate(ENVIRONMENT))
        patch.setattr(handler, "_models", names_models)
        yield client


def test_a_batch_of_names_is_whole_and_written_once(s3: Any) -> None:
    event = {"scheduled_time": "2026-11-23T13:00:00Z", "count": 2500, "species": "cat"}
    answer = handler.lambda_handler(event, CONTEXT)
    run = answer["batch"]
    assert run.startswith("20261123T130000Z-")
    assert answer == {
        "batch": run,
        "count": 2500,
        "species": "cat",
        "temperature": 1.0,
        "model_version": 1,
    }
    (content,) = contents(s3, f"names/{run}/").values()
    manifest = json.loads(content)
    first = contents(s3, f"names/parts/{run}/")
    assert [part["key"] for part in manifest["parts"]] == [
        f"names/parts/{run}/{key}" for key in first
    ]
    assert [part["names"] for part in manifest["parts"]] == [1000, 1000, 500]
    names = [row["name"] for part in first.values() for row in rows(part)]
    assert len(names) == 2500
    assert len(set(names)) > 1500
    again = handler.lambda_handler(event | {"job": "pet_names"}, CONTEXT)
    assert again == answer
    for key in (f"names/{run}/manifest.json", *(part["key"] for part in manifest["parts"])):
        s3.delete_object(Bucket=BUCKET, Key=key)
    handler.lambda_handler(event, CONTEXT)
    (content,) = contents(s3, f"names/{run}/").values()
    assert json.loads(content) == manifest
    assert contents(s3, f"names/parts/{run}/") == first


def test_batches_of_one_time_do_not_hide_each_other(s3: Any) -> None:
    event = {"scheduled_time": "2026-11-25T13:00:00Z", "count": 2}
    answers = [
        handler.lambda_handler(event | {"species": each}, CONTEXT) for each in ("cat", "dog")
    ]
    assert [answer["species"] for answer in answers] == ["cat", "dog"]
    assert len({answer["batch"] for answer in answers}) == 2


def test_a_retry_goes_on_where_the_clock_stopped_it(s3: Any) -> None:
    event = {"scheduled_time": "2026-11-24T14:00:00+01:00", "count": 3000}
    prefix = "names/parts/20261124T130000Z-"
    hurried = context("ScheduledFunction")
    left = iter([60_000, 60_000, 1_000])
    hurried.get_remaining_time_in_millis = lambda: next(left)
    with pytest.raises(OutOfTimeError, match="stopped in time after 2000 of 3000 names"):
        handler.lambda_handler(event, hurried)
    written = [key.partition("/")[2] for key in sorted(contents(s3, prefix))]
    assert written == ["part-00000.jsonl.gz", "part-00001.jsonl.gz"]
    modified = {
        entry["Key"]: entry["LastModified"]
        for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    }
    assert handler.lambda_handler(event, CONTEXT)["count"] == 3000
    entries = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    assert len(entries) == 3
    for entry in entries:
        assert modified.get(entry["Key"], entry["LastModified"]) == entry["LastModified"]


@pytest.mark.parametrize("options", [{"count": 0}, {"count": 1_000_001}, {"prefix": "a"}])
def test_options_that_no_batch_has_fail_aloud(s3: Any, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        handler.lambda_handler({"scheduled_time": "2026-11-23T13:00:00Z"} | options, CONTEXT)


def test_without_a_bucket_the_job_says_what_is_missing(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "settings", ScheduledSettings())
    with pytest.raises(RuntimeError, match="BATCHES_BUCKET is not set"):
        handler.lambda_handler({"scheduled_time": "2026-11-23T13:00:00Z"}, CONTEXT)


def test_the_api_lists_and_serves_batches(s3: Any, names_models: ModelFolder) -> None:
    events = [
        {"scheduled_time": "2026-01-01T00:00:00Z", "count": 3},
        {"scheduled_time": "2026-01-02T00:00:00Z", "count": 1500},
    ]
    first, second = (handler.lambda_handler(event, CONTEXT)["batch"] for event in events)
    half = "names/parts/20260103T000000Z/part-00000.jsonl.gz"
    s3.put_object(Bucket=BUCKET, Key=half, Body=b"half")
    app = create_app(names_models, Settings.model_validate(ENVIRONMENT))
    with TestClient(app) as client:
        listed = client.get("/names/batches").json()["batches"]
        assert listed[-2:] == [second, first]
        assert "20260103T000000Z" not in listed
        small = client.get(f"/names/batches/{first}").json()
        assert len(small["names"]) == small["count"] == 3
        large = client.get(f"/names/batches/{second}").json()
        assert [part["names"] for part in large["parts"]] == [1000, 500]
        assert all("X-Amz-Algorithm=AWS4-HMAC-SHA256" in part["url"] for part in large["parts"])
        assert client.get("/names/batches/20260103T000000Z").status_code == 404
        assert client.get("/names/batches/nonsense").status_code == 422
        page = client.get("/names/batches?limit=1").json()
        assert page == {"batches": listed[:1], "next": listed[0]}
        rest = client.get(f"/names/batches?before={page['next']}").json()
        assert rest == {"batches": listed[1:]}
        s3.delete_object(Bucket=BUCKET, Key=f"names/parts/{first}/part-00000.jsonl.gz")
        gone = client.get(f"/names/batches/{first}")
        assert (gone.status_code, gone.json()["error"]) == (
            404,
            f"a part of batch {first} is not there",
        )
