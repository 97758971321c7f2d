"""The name of a run: one for each request, whenever and however often it is delivered."""

from datetime import datetime

from pydantic import BaseModel, Field

from functions.jobs import name_of_run

NOON = datetime.fromisoformat("2026-11-23T12:00:00+00:00")


class Options(BaseModel):
    target: str
    count: int = 5


class MoreOptions(Options):
    species: str = Field(default="any")


def test_the_name_is_the_time_and_the_request() -> None:
    name = name_of_run(NOON, Options(target="s3://b/a"))
    assert name.startswith("20261123T120000Z-")
    assert name == name_of_run(
        datetime.fromisoformat("2026-11-23T13:00:00+01:00"), Options(target="s3://b/a", count=5)
    )
    assert name != name_of_run(NOON, Options(target="s3://b/b"))
    assert name != name_of_run(NOON, Options(target="s3://b/a", count=6))
    assert name != name_of_run(NOON.replace(hour=13), Options(target="s3://b/a"))


def test_an_option_that_a_job_gets_later_renames_no_run() -> None:
    old, new = (kind(target="s3://b/a") for kind in (Options, MoreOptions))
    assert name_of_run(NOON, old) == name_of_run(NOON, new)
