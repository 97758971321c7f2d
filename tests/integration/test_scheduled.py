"""The scheduled function against a real S3 protocol: moto's server, over HTTP."""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from starlette.testclient import TestClient

from functions import storage
from functions.api import batches
from functions.api.app import create_app
from functions.scheduled import handler
from functions.scheduled.clock import OutOfTimeError
from functions.storage import Bucket
from inference.models import served_models
from inference.settings import settings
from tests.processes import free_port, running, wait_until_answering

# botocore's own use of datetime, and its connections that live as long as the process.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
BUCKET = "batches"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a bucket that nobody else uses."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("s3") / "log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, log) as process, pytest.MonkeyPatch.context() as patch:
        wait_until_answering(url, process, log)
        for name, value in {
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        storage.s3_client.cache_clear()
        client = botocore.session.get_session().create_client("s3")
        client.create_bucket(Bucket=BUCKET)
        patch.setattr(handler, "settings", settings.model_copy(update={"batches_bucket": BUCKET}))
        yield client
        storage.s3_client.cache_clear()
        client.close()


def context(milliseconds: int = 300_000) -> Any:
    """What Lambda passes; ``milliseconds`` are left."""
    return SimpleNamespace(
        function_name="ScheduledFunction",
        memory_limit_in_mb=1769,
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:ScheduledFunction",
        aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
        get_remaining_time_in_millis=lambda: milliseconds,
    )


def contents(s3: Any, prefix: str) -> dict[str, bytes]:
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {
        one["Key"].removeprefix(prefix): s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        for one in found
    }


def rows(content: bytes) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(content).splitlines()]


def test_a_batch_of_names_is_whole_and_written_once(s3: Any) -> None:
    event = {"scheduled_time": "2026-11-23T13:00:00Z", "count": 2500, "species": "cat"}
    answer = handler.lambda_handler(event, context())
    assert (answer["batch"], answer["count"]) == ("20261123T130000Z", 2500)
    first = contents(s3, "names/20261123T130000Z/")
    manifest = json.loads(first.pop("manifest.json"))
    assert [part["names"] for part in manifest["parts"]] == [1000, 1000, 500]
    names = [row["name"] for part in first.values() for row in rows(part)]
    assert len(names) == 2500
    assert len(set(names)) > 1500
    again = handler.lambda_handler(event, context())
    assert again == answer
    for one in s3.list_objects_v2(Bucket=BUCKET, Prefix="names/20261123T130000Z/")["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=one["Key"])
    handler.lambda_handler(event, context())
    second = contents(s3, "names/20261123T130000Z/")
    assert json.loads(second.pop("manifest.json")) == manifest
    assert second == first


def test_a_retry_goes_on_where_the_clock_stopped_it(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {"scheduled_time": "2026-11-23T14:00:00+01:00", "count": 3000}
    prefix = "names/20261123T130000Z/"
    for key in contents(s3, prefix):
        s3.delete_object(Bucket=BUCKET, Key=prefix + key)
    calm = context()
    left = iter([60_000, 60_000, 1_000])
    calm.get_remaining_time_in_millis = lambda: next(left)
    with pytest.raises(OutOfTimeError, match="stopped in time after 2000 of 3000 names"):
        handler.lambda_handler(event, calm)
    assert sorted(contents(s3, prefix)) == ["part-00000.jsonl.gz", "part-00001.jsonl.gz"]
    modified = {
        one["Key"]: one["LastModified"]
        for one in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    }
    assert handler.lambda_handler(event, context())["count"] == 3000
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    assert len(found) == 4
    for one in found:
        assert modified.get(one["Key"], one["LastModified"]) == one["LastModified"]


SOURCE = [
    b"[[1, 2], [3, 4]]",  # two rows of no model: pet_names takes one row of characters
    b"[5, 3]",
    b"not JSON",
    b'{"characters": [1, 2, 3]}',
    b'{"letters": [1]}',
    b"[2.5]",
    b"[99999]",
    b"[7, 8]",
]


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_scored_and_the_counts_add_up(s3: Any, *, packed: bool) -> None:
    key = f"in/rows.jsonl{'.gz' if packed else ''}"
    body = b"\n".join(SOURCE) + b"\n"
    s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(body) if packed else body)
    event = {
        "scheduled_time": "2026-11-23T15:00:00Z",
        "model": "pet_names",
        "source": f"s3://{BUCKET}/{key}",
        "target": f"s3://{BUCKET}/out{packed}",
    }
    answer = handler.lambda_handler(event, context())
    assert (answer["rows"], answer["scored"], answer["rejected"]) == (8, 3, 5)
    written = contents(s3, f"out{packed}/20261123T150000Z/")
    scored = rows(written["part-00000.jsonl.gz"])
    assert [row["row"] for row in scored] == [2, 4, 8]
    assert len(scored[1]["prediction"]["probabilities"]) == 3
    rejected = {row["row"]: row["error"] for row in rows(written["rejects-00000.jsonl.gz"])}
    assert rejected.keys() == {1, 3, 5, 6, 7}
    assert rejected[3] == "not JSON"
    assert rejected[5] == "a row must have exactly the inputs ['characters']"
    assert rejected[6] == "'characters' takes integers, not float"
    assert handler.lambda_handler(event, context()) == answer


def test_scoring_goes_on_from_its_checkpoint(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="in/many.jsonl", Body=b"[1, 2]\n" * 2500)
    event = {
        "scheduled_time": "2026-11-23T16:00:00Z",
        "model": "pet_names",
        "source": f"s3://{BUCKET}/in/many.jsonl",
        "target": f"s3://{BUCKET}/many",
    }
    hurried = context()
    left = iter([60_000, 1_000])
    hurried.get_remaining_time_in_millis = lambda: next(left)
    with pytest.raises(OutOfTimeError, match="after 1000 rows"):
        handler.lambda_handler(event, hurried)
    assert "manifest.json" not in contents(s3, "many/20261123T160000Z/")
    answer = handler.lambda_handler(event, context())
    assert (answer["rows"], answer["scored"], answer["rejected"]) == (2500, 2500, 0)
    written = contents(s3, "many/20261123T160000Z/")
    numbers = [row["row"] for key, part in written.items() if "part-" in key for row in rows(part)]
    assert numbers == list(range(1, 2501))


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"scheduled_time": "yesterday"},
        {"scheduled_time": "2026-11-23T13:00:00Z", "count": 0},
        {"scheduled_time": "2026-11-23T13:00:00Z", "model": "m", "source": "/etc/passwd"},
    ],
)
def test_another_event_fails_aloud(s3: Any, event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        handler.lambda_handler(event, context())


def test_the_api_lists_and_serves_batches(s3: Any) -> None:
    for time, count in (("2026-01-01T00:00:00Z", 3), ("2026-01-02T00:00:00Z", 1500)):
        handler.lambda_handler({"scheduled_time": time, "count": count}, context())
    s3.put_object(Bucket=BUCKET, Key="names/20260103T000000Z/part-00000.jsonl.gz", Body=b"half")
    app = create_app(served_models())
    app.include_router(batches.router_for(Bucket(BUCKET)))
    with TestClient(app) as client:
        listed = client.get("/names/batches").json()["batches"]
        assert listed[-2:] == ["20260102T000000Z", "20260101T000000Z"]
        small = client.get("/names/batches/20260101T000000Z").json()
        assert len(small["names"]) == small["count"] == 3
        large = client.get("/names/batches/20260102T000000Z").json()
        assert [part["names"] for part in large["parts"]] == [1000, 500]
        assert all("X-Amz-Algorithm=AWS4-HMAC-SHA256" in part["url"] for part in large["parts"])
        assert client.get("/names/batches/20260103T000000Z").status_code == 404
        assert client.get("/names/batches/nonsense").status_code == 422
        assert client.get("/names/batches?limit=1").json() == {"batches": listed[:1]}


def test_packing_does_not_depend_on_the_time(tmp_path: Path) -> None:
    assert storage.pack_lines(["a"])[4:8] == b"\0\0\0\0"  # gzip's time of modification
