"""The scheduled function: which job an event starts, and what it answers."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from functions import storage
from functions.endpoints import Endpoint
from functions.jobs import Job, Manifest, Run
from functions.scheduled import handler
from tests.aws import context

# botocore's own use of datetime, and its connections that live as long as the process.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
CONTEXT = context("ScheduledFunction")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"scheduled_time": "yesterday"},
        {"scheduled_time": "2026-11-23T13:00:00Z", "model": "m", "source": "/etc/passwd"},
        {
            "scheduled_time": "2026-11-23T13:00:00Z",
            "model": "m",
            "source": "s3://b/rows.jsonl",
            "target": "s3://b/out",
            "more": 1,
        },
    ],
)
def test_another_event_fails_aloud(event: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        handler.lambda_handler(event, CONTEXT)


RUN = "20261123T130000Z-44136fa355b3"  # of a job without options


class _Nothing(BaseModel):
    pass


class _Done(Manifest):
    run: str

    @property
    def counts(self) -> dict[str, int]:
        return {"Runs": 1}


def _job(name: str) -> Endpoint:
    def run(_options: _Nothing, run: Run) -> _Done:
        return _Done(run=f"{name} {run.name}")

    return Endpoint(name, job=Job(_Nothing, run))


@pytest.mark.parametrize(
    ("names", "job", "expected"),
    [
        (["one"], None, f"one {RUN}"),
        (["one", "two"], "two", f"two {RUN}"),
        (
            ["one", "two"],
            None,
            r"the event names the job None, the endpoints have \['one', 'two'\]",
        ),
        (["one"], "three", "the event names the job 'three'"),
        ([], None, r"the endpoints have \[\]; send 'job', or 'model', 'source' and 'target'"),
    ],
)
def test_an_endpoints_job_runs(
    monkeypatch: pytest.MonkeyPatch, names: list[str], job: str | None, expected: str
) -> None:
    monkeypatch.setattr(handler, "_jobs", {name: _job(name).job for name in names})
    event = {"scheduled_time": "2026-11-23T14:00:00+01:00"} | ({"job": job} if job else {})
    if expected.endswith(RUN):
        answer = handler.lambda_handler(event, CONTEXT)
        assert answer == {"batch": RUN, "run": expected}
    else:
        with pytest.raises(ValueError, match=expected):
            handler.lambda_handler(event, CONTEXT)


def test_packing_does_not_depend_on_the_time(tmp_path: Path) -> None:
    assert storage.pack_lines(["a"])[4:8] == b"\0\0\0\0"  # gzip's time of modification
