"""The workflows of GitHub as they are written: jobs, and steps that run commands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.processes import REPOSITORY

FOLDER = REPOSITORY / ".github/workflows"


@dataclass(frozen=True)
class Step:
    """A step of a job, with the variables of its workflow and of its job."""

    workflow: str
    job: str
    name: str
    uses: str
    run: str
    variables: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.workflow}: {self.job}: {self.name or self.uses}"


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))


def read(name: str) -> dict[str, Any]:
    workflow: dict[str | bool, Any] = yaml.safe_load((FOLDER / name).read_text())
    # In YAML 1.1 the word `on` is a boolean.
    return {"on" if key is True else str(key): value for key, value in workflow.items()}


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Workflow, name and content of each job."""
    for file in files():
        for name, job in read(file.name)["jobs"].items():
            yield file.name, name, job


def steps() -> list[Step]:
    """Every step of every job."""
    return [
        Step(
            workflow,
            name,
            step.get("name", ""),
            step.get("uses", ""),
            step.get("run", ""),
            {
                key: str(value)
                for part in (read(workflow), job, step)
                for key, value in part.get("env", {}).items()
            },
        )
        for workflow, name, job in jobs()
        for step in job.get("steps", [])
    ]


def step(workflow: str, name: str) -> Step:
    (found,) = (each for each in steps() if (each.workflow, each.name) == (workflow, name))
    return found
