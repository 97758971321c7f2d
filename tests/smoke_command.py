"""The command `make smoke` as a test runs it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inference.telemetry import logger
from scripts import smoke
from tests.processes import MODELS


@dataclass(frozen=True)
class Outcome:
    """How it ended, and what it said."""

    status: int
    out: str
    err: str
    report: dict[str, Any]

    @property
    def differences(self) -> dict[str, str]:
        """The problems, by what they are of."""
        return {each["where"]: each["problem"] for each in self.report["differences"]}


@dataclass(frozen=True)
class Smoke:
    """Runs the command in this process."""

    capture: pytest.CaptureFixture[str]
    folder: Path

    def __call__(self, url: str, *arguments: str, models: Path = MODELS) -> Outcome:
        file = self.folder / "report.json"
        file.unlink(missing_ok=True)
        options = [f"--models-dir={models}", f"--json={file}", "--requests=3", *arguments]
        level = logger.log_level  # the command silences it for its own process
        try:
            with pytest.raises(SystemExit) as ended:
                smoke.main([url, *options])
        finally:
            logger.setLevel(level)
        out, err = self.capture.readouterr()
        content = file.read_text() if file.exists() else ""
        code = ended.value.code
        assert isinstance(code, int)
        return Outcome(code, out, err, json.loads(content) if content else {})


@contextmanager
def without_credentials() -> Iterator[pytest.MonkeyPatch]:
    """An environment in which nobody has left a key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SMOKE_API_KEY", raising=False)
        yield patch
