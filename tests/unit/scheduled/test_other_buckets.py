"""A file is scored from one bucket to another one, of other owners and in other regions."""

from typing import Any

import pytest

from functions.refusals import NoObjectError, RefusedError
from functions.scheduled import handler
from inference.models import ModelFolder
from tests.aws import context
from tests.buckets import rows
from tests.processes import MODELS
from tests.s3_stub import Answer, Request, denied, error, stubbed

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
CONTEXT = context("ScheduledFunction")
EVENT = {
    "scheduled_time": "2026-11-23T15:00:00Z",
    "model": "iris",
    "source": "s3://source-bucket/in/rows.jsonl",
    "target": "s3://target-bucket/out",
}
REGIONS = {"source-bucket": "us-west-2", "target-bucket": "ap-south-1"}


class Buckets:
    """Two buckets, each in its region; ``refused`` are actions that their policies do not allow."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.objects = {"/in/rows.jsonl": b"[5.1, 3.5, 1.4, 0.2]\n"}
        self.written: dict[str, bytes] = {}

    def answer(self, request: Request) -> Answer:
        bucket, _, host = request.host.partition(".s3.")
        region = REGIONS[bucket]
        if not host.startswith(region):
            moved = error(301, "PermanentRedirect")
            moved.headers["x-amz-bucket-region"] = region
            return moved
        assert f"/{region}/s3/aws4_request" in request.signature
        listing = "list-type" in request.query
        action = {"GET": "s3:GetObject", "PUT": "s3:PutObject"}[request.method]
        action = f"{'s3:ListBucket' if listing else action} {bucket}"
        if action in self.refused or (request.method == "PUT" and bucket != "target-bucket"):
            return denied(action)
        if listing:
            return Answer(200, b"<ListBucketResult/>")
        if request.method == "PUT":
            self.written[request.path] = request.body
            return Answer(200)
        content = (self.objects | self.written).get(request.path)
        return error(404, "NoSuchKey") if content is None else Answer(200, content)


def score(patch: pytest.MonkeyPatch, buckets: Buckets) -> dict[str, Any]:
    patch.setattr(handler, "_models", ModelFolder(MODELS))
    with stubbed(patch, buckets.answer):
        answer: dict[str, Any] = handler.lambda_handler(EVENT, CONTEXT)
    return answer


def test_buckets_of_other_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    buckets = Buckets()
    answer = score(monkeypatch, buckets)
    assert (answer["rows"], answer["scored"]) == (1, 1)
    folder = f"/out/{answer['batch']}/"
    names = ["checkpoint.json", "manifest.json", "part-00000.jsonl.gz"]
    assert sorted(buckets.written) == [folder + name for name in names]
    (row,) = rows(buckets.written[f"{folder}part-00000.jsonl.gz"])
    assert row["row"] == 1


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (
            ["s3:GetObject source-bucket", "s3:ListBucket source-bucket"],
            r"S3 refuses s3:GetObject on s3://source-bucket/in/rows.jsonl .*SourceBucket",
        ),
        (
            ["s3:PutObject target-bucket"],
            r"S3 refuses s3:PutObject on s3://target-bucket/out/.* .*TargetBucket",
        ),
    ],
)
def test_a_refusal_is_one_sentence_that_names_the_permission(
    monkeypatch: pytest.MonkeyPatch, refused: list[str], message: str
) -> None:
    with pytest.raises(RefusedError, match=message) as raised:
        score(monkeypatch, Buckets(*refused))
    assert "\n" not in str(raised.value)


def test_a_source_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    buckets = Buckets()
    buckets.objects.clear()
    with pytest.raises(NoObjectError, match=r"s3://source-bucket/in/rows\.jsonl is not there"):
        score(monkeypatch, buckets)


def test_a_target_that_may_only_be_written_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to list, S3 refuses to read a manifest that is not there yet."""
    refused = ["s3:GetObject target-bucket", "s3:ListBucket target-bucket"]
    assert score(monkeypatch, Buckets(*refused))["scored"] == 1
