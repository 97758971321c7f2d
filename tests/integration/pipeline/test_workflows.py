"""What GitHub's workflows may do, and that they are written as GitHub demands."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.integration.pipeline import workflows
from tests.processes import REPOSITORY

LINTERS = REPOSITORY / ".venv-lint/bin"
needs_linters = pytest.mark.skipif(not LINTERS.exists(), reason="no linters: make .venv-lint/lint")
DEPLOYING = {("environment.yaml", "deploy"), ("rollback.yaml", "rollback")}
CALLING = {("deploy.yaml", name) for name in ("dev", "staging", "prod")}


def lint(*command: str | Path) -> subprocess.CompletedProcess[str]:
    path = f"{LINTERS}:{os.environ['PATH']}"  # actionlint starts shellcheck
    return subprocess.run(
        command, cwd=REPOSITORY, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )


@needs_linters
def test_actionlint_finds_nothing() -> None:
    done = lint(LINTERS / "actionlint", "-no-color", *workflows.files())
    assert done.returncode == 0, done.stdout + done.stderr


@needs_linters
def test_zizmor_finds_nothing() -> None:
    done = lint(LINTERS / "zizmor", "--offline", "--min-severity", "medium", ".github")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_linters
def test_the_linters_look(tmp_path: Path) -> None:
    """So silence means that nothing is wrong, also in the commands of a step."""
    text = (workflows.FOLDER / "weekly.yaml").read_text()
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("run: make audit", "run: make audit $ARGUMENTS"))
    if (LINTERS / "shellcheck").exists():
        assert "SC2086" in lint(LINTERS / "actionlint", "-no-color", wrong).stdout
    wrong.write_text(text.replace("runs-on:", "run-on:"))
    assert lint(LINTERS / "actionlint", "-no-color", wrong).returncode == 1


@pytest.mark.parametrize("step", workflows.steps(), ids=str)
def test_an_action_is_pinned_by_its_commit(step: workflows.Step) -> None:
    if step.uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.uses)
        text = (workflows.FOLDER / step.workflow).read_text()
        assert re.search(rf"{step.uses} # v\d+\.\d+\.\d+$", text, re.MULTILINE), step.uses


def test_an_action_has_one_version_everywhere() -> None:
    pins = {step.uses for step in workflows.steps() if step.uses}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins}), pins


@pytest.mark.parametrize("step", workflows.steps(), ids=str)
def test_no_value_is_pasted_into_a_command(step: workflows.Step) -> None:
    """GitHub pastes before the shell reads, so a value with a quote would be a command."""
    assert "${{" not in step.run


def test_only_jobs_that_deploy_get_credentials() -> None:
    for file in workflows.files():
        assert workflows.read(file.name)["permissions"] == {"contents": "read"}, file.name
    for workflow, name, job in workflows.jobs():
        allowed = job.get("permissions", {"contents": "read"})
        expected = {"contents": "read"}
        if (workflow, name) in DEPLOYING | CALLING:
            expected["id-token"] = "write"  # pragma: allowlist secret
        assert allowed == expected, (workflow, name)
        if (workflow, name) in DEPLOYING:
            assert job["environment"] == "${{ inputs.environment }}"


def test_no_key_of_aws_is_stored() -> None:
    for file in workflows.files():
        text = file.read_text()
        stored = re.findall(r"secrets\.(\w+)", text)
        assert set(stored) <= {"SMOKE_TOKEN"}, file.name
        assert "pull_request_target" not in text
        assert "aws-access-key-id" not in text


def test_the_credentials_of_git_are_not_kept() -> None:
    for workflow, name, job in workflows.jobs():
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, (workflow, name)


def test_an_image_goes_from_one_environment_to_the_next() -> None:
    deploy = workflows.read("deploy.yaml")
    assert deploy["on"] == {"push": {"branches": ["main"]}}
    order = {
        name: (job["needs"], job["with"])
        for name, job in deploy["jobs"].items()
        if job["uses"].endswith("environment.yaml")
    }
    assert order == {
        "dev": ("check", {"environment": "dev"}),
        "staging": ("dev", {"environment": "staging", "from": "dev"}),
        "prod": ("staging", {"environment": "prod", "from": "staging"}),
    }


def test_two_commits_do_not_deploy_at_once_and_a_rollback_does_not_wait() -> None:
    """A job that waits for an approval holds its group, for days."""
    deploy = workflows.read("deploy.yaml")["concurrency"]
    assert deploy == {"group": "deploy", "cancel-in-progress": False}
    assert "concurrency" not in workflows.read("environment.yaml")["jobs"]["deploy"]
    rollback = workflows.read("rollback.yaml")
    assert "concurrency" not in rollback
    assert "concurrency" not in rollback["jobs"]["rollback"]


def test_what_holds_credentials_takes_nothing_from_a_cache() -> None:
    """A cache is written by other runs."""
    for workflow, name, job in workflows.jobs():
        if (workflow, name) in DEPLOYING:
            assert not [each for each in job["steps"] if "cache" in str(each)], workflow


def test_every_job_ends() -> None:
    for workflow, name, job in workflows.jobs():
        assert "uses" in job or job["timeout-minutes"] <= 90, (workflow, name)
