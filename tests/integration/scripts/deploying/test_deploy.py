"""What `make deploy` asks of SAM, Docker and AWS."""

import json
import tomllib
from typing import Any

import pytest

from tests.integration.scripts.deploying.conftest import Deployment
from tests.integration.scripts.deploying.states import (
    DIGEST,
    IMAGE,
    REGISTRY,
    TAG,
    deployed,
    image,
    new_stack,
    publishing,
)
from tests.processes import REPOSITORY


def test_every_function_gets_the_image_by_its_digest(deployment: Deployment) -> None:
    function = deployed(deployment.account)
    deployment.account.on_sam = publishing(function, "6")
    done = deployment.run()
    assert done.returncode == 0, done.stderr
    registry, stack = deployment.account.sam_calls
    assert (registry.stack, stack.stack) == ("models-dev-images", "models-dev")
    functions = [
        resource
        for resource in stack.template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    assert len(functions) == 4
    assert {resource["Properties"]["ImageUri"] for resource in functions} == {IMAGE}
    assert not any(word.startswith("--guided") for word in stack.words)


def test_an_image_that_is_there_is_not_pushed(deployment: Deployment) -> None:
    deployment.account.on_sam = publishing(deployed(deployment.account), "6")
    assert deployment.run().returncode == 0
    assert deployment.docker_calls() == ["image"]


def test_a_new_image_is_pushed_once_and_the_password_is_not_kept(deployment: Deployment) -> None:
    account = deployment.account
    deployment.account.on_sam = publishing(deployed(account), "6")
    account.images = []
    done = deployment.run()  # the stub of Docker pushes nothing
    assert done.returncode == 1
    assert "could not be pushed" in done.stderr
    assert deployment.docker_calls() == ["image", "tag", "login", "push", "logout"]
    assert (deployment.docker / "password").read_text() == "password-of-the-registry"
    calls = (deployment.docker / "calls").read_text()
    assert f"push --quiet {REGISTRY}:{TAG}" in calls
    assert "password-of" not in calls + done.stdout + done.stderr


def test_a_push_that_another_one_was_faster_than_is_fine(deployment: Deployment) -> None:
    """A registry with immutable tags refuses the second push of one tag."""
    account = deployment.account
    account.on_sam = publishing(deployed(account), "6")
    pushed = account.images.pop()
    (deployment.docker / "push").write_text("1")
    answer = account.answer

    def appear(request: Any, body: bytes) -> tuple[int, str]:
        if "push" in deployment.docker_calls() and pushed not in account.images:
            account.images.append(pushed)
        return answer(request, body)

    account.answer = appear  # type: ignore[method-assign]
    assert deployment.run().returncode == 0
    assert account.sam_calls[-1].template["Resources"]["ApiFunction"]["Properties"]["ImageUri"] == (
        f"{REGISTRY}@{DIGEST}"
    )


def test_an_environment_has_its_stack_region_tags_and_parameters(deployment: Deployment) -> None:
    function = deployed(deployment.account, "models-prod")
    deployment.account.on_sam = publishing(function, "6")
    done = deployment.run("--config-env=prod")
    assert done.returncode == 0, done.stderr
    call = deployment.account.sam_calls[-1]
    assert call.stack == "models-prod"
    assert "--config-env=prod" in call.words
    assert "--region=eu-central-1" in call.words
    assert call.environment["AWS_REGION"] == "eu-central-1"
    assert call.parameters["Callers"] == "api-key"
    assert call.parameters["ScheduleExpression"] == "cron(0 6 * * ? *)"
    assert {line.split()[-2] for line in deployment.account.asked} == {"eu-central-1"}


@pytest.mark.parametrize(
    "value",
    [
        "cron(0 6 * * ? *)",
        '{"scheduled_time": "<aws.scheduler.scheduled-time>", "rows": "a\\"b = c"}',
        "a, 'b' and \"c\"",
    ],
)
def test_a_value_arrives_whole(deployment: Deployment, value: str) -> None:
    deployment.account.on_sam = publishing(deployed(deployment.account), "6")
    done = deployment.run("--parameter-overrides", f"ScheduleInput={value}", "Callers=open")
    assert done.returncode == 0, done.stderr
    parameters = deployment.account.sam_calls[-1].parameters
    assert parameters["ScheduleInput"] == value
    assert parameters["Callers"] == "open"


def test_a_profile_reaches_every_call(deployment: Deployment) -> None:
    deployment.account.on_sam = publishing(deployed(deployment.account), "6")
    done = deployment.run("--profile=team", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    assert done.returncode == 0, done.stderr
    assert {line.split()[-1] for line in deployment.account.asked} == {"key-of-the-team"}
    assert {call.environment["AWS_PROFILE"] for call in deployment.account.sam_calls} == {"team"}


def test_a_failed_version_does_not_cost_the_good_one(deployment: Deployment) -> None:
    """6 fails, so 5 goes on to serve. 7 succeeds: 5 is the one to go back to, and 6 is not."""
    function = deployed(deployment.account, versions="45", live="5")
    deployment.account.on_sam = publishing(function, "6", fails=True)
    failed = deployment.run()
    assert failed.returncode == 3
    assert sorted(function.images) == ["4", "5", "6"], "a failed deployment deletes nothing"
    deployment.account.on_sam = publishing(function, "7")
    done = deployment.run()
    assert done.returncode == 0, done.stderr
    assert sorted(function.images) == ["5", "7"]


def test_a_deployment_that_publishes_nothing_keeps_the_version_to_go_back_to(
    deployment: Deployment,
) -> None:
    """Nothing changed, or the changes were declined: SAM ends well, and publishes no version."""
    function = deployed(deployment.account, versions="345", live="5")
    assert deployment.run().returncode == 0
    assert sorted(function.images) == ["4", "5"]


def test_a_version_that_another_deployment_has_just_published_stays(
    deployment: Deployment,
) -> None:
    function = deployed(deployment.account, versions="456", live="5")
    assert deployment.run().returncode == 0
    assert sorted(function.images) == ["4", "5", "6"]


def test_callers_that_sign_see_how(deployment: Deployment) -> None:
    deployed(deployment.account)
    assert "--aws-sigv4 aws:amz:eu-west-1:execute-api" in deployment.run().stdout


def test_a_version_that_gets_a_part_of_the_traffic_stays(deployment: Deployment) -> None:
    function = deployed(deployment.account, versions="345", live="5")
    function.weights = {"3": 0.1}
    deployment.account.on_sam = publishing(function, "6")
    assert deployment.run().returncode == 0
    assert sorted(function.images) == ["3", "5", "6"]


def test_no_image_that_a_version_uses_is_deleted(deployment: Deployment) -> None:
    account = deployment.account
    function = deployed(account, versions="5", live="5")
    account.images += [image(digit, minute) for minute, digit in enumerate("012346789")]
    account.on_sam = publishing(function, "6")
    assert deployment.run().returncode == 0
    kept = {str(entry["imageDigest"])[7] for entry in account.images}
    assert kept == {"5", "d"} | {"4", "6", "7", "8", "9"}, "those in use, and the newest five"


def test_force_leaves_no_alarm_that_could_stop_it_and_only_this_time(
    deployment: Deployment,
) -> None:
    function = deployed(deployment.account)
    deployment.config.write_text(
        deployment.config.read_text().replace(
            'Callers = "iam"', 'Callers = "iam"\nDeployment = "Canary10Percent5Minutes"'
        )
    )
    deployment.account.on_sam = publishing(function, "6")
    assert deployment.run("--force").returncode == 0
    assert deployment.account.sam_calls[-1].parameters["Deployment"] == "AllAtOnce"
    assert deployment.run().returncode == 0
    assert deployment.account.sam_calls[-1].parameters["Deployment"] == "Canary10Percent5Minutes"


def test_a_changeset_is_shown_and_confirmed(deployment: Deployment) -> None:
    deployment.account.on_sam = publishing(deployed(deployment.account), "6")
    assert deployment.run("--changeset").returncode == 0
    assert "--confirm-changeset" in deployment.account.sam_calls[-1].words


def test_the_first_deployment_keeps_its_answers(deployment: Deployment) -> None:
    """Without a terminal it takes the defaults: callers need a key, which the stack makes."""
    deployment.account.on_sam = new_stack(deployment.account, "models-fresh")
    done = deployment.run("--config-env=fresh", "--region=eu-west-1")
    assert done.returncode == 0, done.stderr
    assert "130 million calls" in done.stdout, "what open callers may cost is said"
    text = deployment.config.read_text()
    assert "# the comment stays" in text
    saved = tomllib.loads(text)["fresh"]["deploy"]["parameters"]
    assert saved["region"] == "eu-west-1"
    assert saved["parameter_overrides"] == {"Callers": "api-key"}
    assert "aws secretsmanager get-secret-value --region eu-west-1" in done.stdout
    assert 'curl -H "x-api-key: $KEY" https://api.example.com/health' in done.stdout
    asked_again = deployment.run("--config-env=fresh")
    assert "first deployment" not in asked_again.stdout


def test_open_callers_are_one_word(deployment: Deployment) -> None:
    deployment.account.on_sam = new_stack(deployment.account, "models-fresh")
    done = deployment.run(
        "--config-env=fresh", "--region=eu-west-1", "--parameter-overrides", "Callers=open"
    )
    assert done.returncode == 0, done.stderr
    assert deployment.account.sam_calls[-1].parameters["Callers"] == "open"


def test_parameters_that_make_a_version_are_written_into_the_template(
    deployment: Deployment,
) -> None:
    function = deployed(deployment.account)
    deployment.account.on_sam = publishing(function, "6")
    assert deployment.run("--parameter-overrides", "MemorySize=2048").returncode == 0
    made_with = function.variables["MADE_WITH"]
    assert "MemorySize=2048" in made_with
    assert "ColdStart=SnapStart" in made_with


def test_samconfig_of_the_repository_has_three_environments() -> None:
    document = tomllib.loads((REPOSITORY / "samconfig.toml").read_text())
    stacks = [
        document[name]["deploy"]["parameters"]["stack_name"] for name in ("dev", "staging", "prod")
    ]
    assert len(set(stacks)) == 3
    assert "Canary" in json.dumps(document["prod"])
