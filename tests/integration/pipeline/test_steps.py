"""The commands of the workflows, run here. `make`, `aws`, `sudo` only note how they are called."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.smoke import parse_arguments
from tests.integration.pipeline import workflows
from tests.processes import REPOSITORY
from tests.template import needs_sam

ARN = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:ApiKey-abc-def"
BOUNDARY = "arn:aws:iam::000000000000:policy/pipeline/b-Boundary-1A2B"
CONTEXT = {
    "inputs.environment": "prod",
    "inputs.from": "staging",
    "vars.AWS_REGION": "eu-west-1",
    "vars.AWS_PERMISSIONS_BOUNDARY": BOUNDARY,
    "secrets.SMOKE_TOKEN": "",
}
# The program notes its arguments. `aws` answers as it does with --output text.
PROGRAM = """#!{python}
import json, os, sys
with open(os.environ["NOTES"], "a") as notes:
    print(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]), file=notes)
if os.path.basename(sys.argv[0]) == "aws":
    answers = json.loads(os.environ["ANSWERS"])
    query = sys.argv[sys.argv.index("--query") + 1]
    print(next(value for name, value in answers.items() if f"'{{name}}'" in query))
"""


class Runner:
    """Runs a step as GitHub does: by `bash -e`, in a folder with the repository's files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = folder / "programs"
        self._programs.mkdir()
        for name in ("make", "aws", "sudo"):
            program = self._programs / name
            program.write_text(PROGRAM.format(python=sys.executable))
            program.chmod(0o755)
        shutil.copy(REPOSITORY / "samconfig.toml", folder)

    def run(self, step: workflows.Step, **answers: str) -> subprocess.CompletedProcess[str]:
        variables = {
            name: re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: CONTEXT[found[1]], value)
            for name, value in step.variables.items()
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.run],
            cwd=self._folder,
            env=variables
            | {
                "PATH": f"{self._programs}:{os.environ['PATH']}",
                "NOTES": str(self._folder / "notes"),
                "ANSWERS": json.dumps(answers),
            },
            capture_output=True,
            text=True,
        )

    def calls(self, program: str) -> list[list[str]]:
        """The arguments of each call."""
        notes = self._folder / "notes"
        lines = notes.read_text().splitlines() if notes.exists() else []
        return [call[1:] for call in map(json.loads, lines) if call[0] == program]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def options_of(script: str) -> set[str]:
    """The options that a script of SAM's environment knows."""
    done = subprocess.run(
        [REPOSITORY / ".venv-sam/bin/python", "-m", f"scripts.{script}", "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"--[a-z-]+", done.stdout))


@pytest.mark.parametrize("step", [each for each in workflows.steps() if each.run], ids=str)
def test_every_command_of_make_exists(step: workflows.Step, runner: Runner) -> None:
    done = runner.run(step, Url="https://abc.example.com", Callers="api-key", ApiKeyArn=ARN)
    assert done.returncode == 0, done.stderr
    calls = runner.calls("make")
    assert calls or runner.calls("sudo"), step
    for call in calls:
        dry = subprocess.run(
            ["make", "--dry-run", *call], cwd=REPOSITORY, capture_output=True, text=True
        )
        assert dry.returncode == 0, dry.stderr


@needs_sam
def test_an_environment_gets_the_image_of_the_one_before_it(runner: Runner) -> None:
    assert runner.run(workflows.step("environment.yaml", "Deploy")).returncode == 0
    ((*words, arguments),) = runner.calls("make")
    assert words == ["deploy", "ENV=prod", "FROM=staging", "REGION=eu-west-1"]
    assert arguments.startswith("ARGS=")
    option, value = shlex.split(arguments.removeprefix("ARGS="))
    assert option in options_of("deploy")
    assert value == f"PermissionsBoundary={BOUNDARY}"


@needs_sam
def test_a_rollback_asks_nothing(runner: Runner) -> None:
    assert runner.run(workflows.step("rollback.yaml", "Roll back")).returncode == 0
    (words,) = runner.calls("make")
    assert words == ["rollback", "ENV=prod", "REGION=eu-west-1", "ARGS=--yes"]
    assert {"--region", "--yes"} <= options_of("rollback")


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ("open", {}),
        ("iam", {"iam": True, "region": "eu-west-1"}),
        ("jwt", {"bearer_env": "SMOKE_TOKEN"}),
        ("api-key", {"api_key_secret": ARN}),
    ],
)
def test_the_deployed_models_are_asked_as_a_caller_may(
    callers: str, expected: dict[str, object], runner: Runner
) -> None:
    step = workflows.step("environment.yaml", "Ask the deployed models")
    url = "https://abc.execute-api.eu-west-1.amazonaws.com"
    done = runner.run(step, Url=url, Callers=callers, ApiKeyArn=ARN)
    assert done.returncode == 0, done.stderr
    stacks = {call[call.index("--stack-name") + 1] for call in runner.calls("aws")}
    assert len(stacks) == 1
    assert "prod" in stacks.pop()
    ((target, address, arguments),) = runner.calls("make")
    assert target == "smoke"
    words = [address.removeprefix("URL="), *shlex.split(arguments.removeprefix("ARGS="))]
    options = vars(parse_arguments(words))
    assert options["url"] == url
    assert options["json"] == Path("smoke.json")
    credentials = ("iam", "region", "bearer_env", "api_key_secret", "api_key_env")
    assert {name: options[name] for name in credentials if options[name]} == expected


def test_a_stack_that_the_workflow_does_not_know_how_to_ask_is_an_error(runner: Runner) -> None:
    step = workflows.step("environment.yaml", "Ask the deployed models")
    done = runner.run(step, Url="https://abc", Callers="mutual-tls")
    assert done.returncode == 1
    assert "Callers=mutual-tls" in done.stderr
    assert not runner.calls("make")
