"""Jobs: what runs on the schedule, and what each run is given.

An endpoint in :mod:`functions.endpoints` may have a ``job``; scoring a file is one too. A job gets
the options of its event, typed, and a :class:`Run`. It returns a :class:`Manifest`.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from mangum.types import LambdaContext
from pydantic import BaseModel

from functions.storage import Bucket
from inference.models import ModelFolder

_MARGIN_MILLISECONDS = 15_000  # time for one more part and its upload
_DIGITS = 12  # of a digest in the name of a run


class OutOfTimeError(Exception):
    """The function's time is nearly over. A retry of the same event goes on from there."""


class Clock:
    """The time that is left of an invocation."""

    def __init__(self, context: LambdaContext) -> None:
        self._context = context

    def check(self, progress: str) -> None:
        """Raise :class:`OutOfTimeError` when little time is left; its text tells the progress."""
        if self._context.get_remaining_time_in_millis() < _MARGIN_MILLISECONDS:
            raise OutOfTimeError(f"stopped in time after {progress}; a retry goes on from there")


@dataclass(frozen=True)
class Run:
    """One run of a job. A second delivery of the same time and options is the same run."""

    name: str  # such as 20261123T130000Z-44136fa355b3; the run's folder has this name
    models: ModelFolder
    bucket: str | None  # the stack's own bucket
    clock: Clock

    def open_bucket(self) -> Bucket:
        """The stack's own bucket. Raises ``RuntimeError`` where there is none."""
        if self.bucket is None:
            raise RuntimeError("BATCHES_BUCKET is not set: the job has no bucket to write to")
        return Bucket(self.bucket)


class Manifest(BaseModel):
    """What a run has written. Its fields, but for ``parts``, are the function's answer."""

    @property
    def counts(self) -> dict[str, int]:
        """Metrics of the run by name, such as ``RowsScored``."""
        raise NotImplementedError


Options = TypeVar("Options", bound=BaseModel)


def name_of_run(time: datetime, options: BaseModel) -> str:
    """The scheduled time, and a digest of the options.

    So two schedules with one time write to two folders, and a retry writes to the one it had.
    Options with their default value are left out: adding an option to a job renames no run.
    """
    request = options.model_dump(mode="json", exclude_defaults=True)
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    return f"{time.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:_DIGITS]}"


@dataclass(frozen=True)
class Job(Generic[Options]):
    """``options`` is the type of the event's other fields, ``run`` does the work."""

    options: type[Options]
    run: Callable[[Options, Run], Manifest]
