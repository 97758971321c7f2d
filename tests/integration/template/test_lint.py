"""The linters of `make check` accept what CloudFormation gets, whatever the parameters are."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.processes import REPOSITORY
from tests.template import DOMAIN, in_sam_environment, needs_sam, transformed

LINTERS = REPOSITORY / ".venv-lint/bin"
pytestmark = [
    needs_sam,
    pytest.mark.skipif(not LINTERS.exists(), reason="no linters: make .venv-lint/lint"),
]
ACCOUNT = "000000000000"
# Each condition of the template is true in one of these, and false in another.
CHOICES = {
    "defaults": {},
    "everything": DOMAIN
    | {
        "AlarmEmail": "team@example.com",
        "ApiKeyArn": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:models-key-abcdef",
        "Architecture": "arm64",
        "ColdStart": "ProvisionedConcurrency",
        "CorsOrigins": "https://example.com",
        "Dashboard": "yes",
        "Deployment": "Canary10Percent5Minutes",
        "KmsKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
        "MonthlyBudget": "5",
        "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/bound",
        "ReservedConcurrency": "10",
        "SourceBucket": "source",
        "TargetBucket": "target",
        "TracesEndpoint": "https://xray.us-east-1.amazonaws.com/v1/traces",
    },
    "open": {"Callers": "open", "ColdStart": "None"},
    "jwt": {
        "Callers": "jwt",
        "JwtIssuer": "https://issuer.example.com",
        "JwtAudience": "app",
        "Deployment": "Linear10PercentEvery1Minute",
    },
}


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A transformed template for each choice, whose parameters have the chosen values."""
    folder, files = tmp_path_factory.mktemp("transformed"), []
    for name, parameters in CHOICES.items():
        template = json.loads(transformed(parameters.get("Deployment", "AllAtOnce")))
        for parameter, value in parameters.items():
            template["Parameters"][parameter]["Default"] = value
        files.append(folder / f"{name}.json")
        files[-1].write_text(json.dumps(template, indent=1))
    return files


def lint(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_cfn_lint_accepts_every_choice(templates: list[Path]) -> None:
    sources = [REPOSITORY / "template.yaml", REPOSITORY / "scripts/edge.yaml"]
    rules = "cfn_lint_serverless.rules"
    lint(LINTERS / "cfn-lint", *sources, *templates, "--append-rules", rules)


def test_checkov_accepts_every_choice(templates: list[Path]) -> None:
    files = [REPOSITORY / "scripts/edge.yaml", *templates]
    options = ["--config-file", ".checkov.yaml", "--framework", "cloudformation"]
    lint(LINTERS / "checkov", *options, "--file", *files)


def test_sam_reads_the_value_of_no_other_parameter() -> None:
    """So a template that is transformed for each way to deploy is transformed for all choices."""
    changed = {name: value for name, value in CHOICES["everything"].items() if name != "Deployment"}
    template = in_sam_environment("scripts.transform_template", f"transformed({changed!r})")
    assert template == json.loads(transformed())
