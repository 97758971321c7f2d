"""Versions, the hook before they get traffic, and the alarms that roll them back."""

import json
from typing import Any

import pytest

from tests.template import deployed, in_sam_environment, needs_sam, of_type, references, transformed

pytestmark = needs_sam
MAIL = {"AlarmEmail": "team@example.com"}


def test_alarms_roll_a_deployment_back_and_the_hook_comes_first() -> None:
    resources = deployed(Deployment="Canary10Percent5Minutes")
    (group,) = of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values()
    alarms = {alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]}
    assert alarms == {"NewVersionErrorsAlarm", "NewVersionServerErrorsAlarm"}
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    update = resources["ApiFunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert update["BeforeAllowTrafficHook"] == {"Ref": "PreTrafficFunction"}


def test_alarms_reach_whom_they_are_for() -> None:
    """CloudWatch may not use AWS's own key for topics, and says so only in the alarm's history."""
    (topic,) = of_type(deployed(**MAIL), "AWS::SNS::Topic").values()
    assert "KmsMasterKeyId" not in topic
    (topic,) = of_type(deployed(**MAIL, KmsKeyArn="arn:key"), "AWS::SNS::Topic").values()
    assert topic["KmsMasterKeyId"] == "arn:key"
    for name, alarm in of_type(deployed(**MAIL), "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name


def test_a_parameter_that_a_version_is_made_with_makes_a_new_one() -> None:
    """SAM hashes the template, not the values of parameters; scripts.deploying adds the values."""
    template = json.loads(transformed())
    used: set[str] = set()
    for name in ("ApiFunction", "ScheduledFunction"):
        properties = template["Resources"][name]["Properties"]
        del properties["ReservedConcurrentExecutions"]  # of the function, whatever its version
        used |= parameters_in(properties, template["Conditions"])
    added = in_sam_environment("scripts.deploying.template", "list(VERSION_PARAMETERS)")
    assert used & template["Parameters"].keys() == set(added)


def parameters_in(value: Any, conditions: dict[str, Any]) -> set[str]:
    """What a value refers to, by conditions as well."""
    if isinstance(value, list):
        return set().union(*(parameters_in(item, conditions) for item in value))
    if not isinstance(value, dict):
        return set()
    referred = references(value)
    if value.keys() == {"Fn::If"}:
        referred |= references(conditions[value["Fn::If"][0]])
    return referred | parameters_in(list(value.values()), conditions)


def test_callers_the_schedule_and_the_alarms_know_the_alias() -> None:
    resources = deployed()
    (integration,) = of_type(resources, "AWS::ApiGatewayV2::Integration").values()
    assert ":live/invocations" in json.dumps(integration["IntegrationUri"])
    (schedule,) = of_type(resources, "AWS::Scheduler::Schedule").values()
    assert schedule["Target"]["Arn"] == {"Ref": "ScheduledFunctionAliaslive"}
    assert schedule["State"] == "DISABLED"
    assert resources["InvokePermission"]["Properties"]["FunctionName"] == {
        "Ref": "ApiFunctionAliaslive"
    }
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    assert len(alarms) >= 4
    for name, alarm in alarms.items():
        if alarm["Namespace"] == "AWS/Lambda":
            assert ":live" in json.dumps(alarm["Dimensions"]), name
    (retries,) = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    assert retries["Qualifier"] == "live"


@pytest.mark.parametrize("shift", ["Canary10Percent5Minutes", "Linear10PercentEvery1Minute"])
def test_an_alarm_that_rolls_back_is_fast_and_watches_the_new_version_alone(shift: str) -> None:
    """So the alarm of a faulty old version does not stop the deployment that repairs it.

    An alarm that is updated keeps its state for a while. Another name makes another alarm.
    """
    resources = deployed(Deployment=shift)
    (group,) = of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values()
    _, name = group["DeploymentConfigName"]["Fn::Sub"]
    assert name == {"ConfigName": shift}
    (version,) = references(resources["ApiFunctionAliaslive"]["Properties"]["FunctionVersion"])
    assert resources[version]["Type"] == "AWS::Lambda::Version"
    dimensions = []
    for entry in group["AlarmConfiguration"]["Alarms"]:
        alarm = resources[entry["Name"]["Ref"]]["Properties"]
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= 120
        assert {version, "AWS::StackName"} <= references(alarm["AlarmName"])
        watched = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
        assert {"Fn::GetAtt": [version, "Version"]} in watched.values()
        dimensions.append((alarm["Namespace"], alarm["MetricName"], set(watched)))
    assert dimensions == [
        ("AWS/Lambda", "Errors", {"FunctionName", "Resource", "ExecutedVersion"}),
        ("TensorflowLambdaApi", "ServerErrors", {"service", "version"}),
    ]


def test_without_a_gradual_deployment_no_alarm_can_stop_one() -> None:
    resources = deployed(Deployment="AllAtOnce")
    (group,) = of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values()
    assert group["AlarmConfiguration"] == {}
    assert not [name for name in resources if name.startswith("NewVersion")]


def test_alarms_for_people_watch_whatever_version_serves() -> None:
    for shift in ("AllAtOnce", "Canary10Percent5Minutes"):
        alarms = of_type(deployed(Deployment=shift), "AWS::CloudWatch::Alarm")
        people = {name: alarm for name, alarm in alarms.items() if not name.startswith("New")}
        assert {(alarm["Namespace"], alarm["MetricName"]) for alarm in people.values()} == {
            ("AWS/ApiGateway", "5xx"),
            ("AWS/ApiGateway", "Latency"),
            ("AWS/Lambda", "Throttles"),
            ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        }


def test_the_hook_may_ask_every_version() -> None:
    """IAM needs time. A policy that names the new version alone may come too late."""
    resources = deployed()
    version = of_type(resources, "AWS::Lambda::Version").keys()
    role = resources["PreTrafficFunctionRole"]
    assert not references(role["Properties"]) & version
    (policy,) = role["Properties"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    (invoking,) = (each for each in statements if each["Action"] == "lambda:InvokeFunction")
    assert invoking["Resource"] == {"Fn::Sub": "${ApiFunction.Arn}:*"}
    variables = resources["PreTrafficFunction"]["Properties"]["Environment"]["Variables"]
    assert references(variables["NEW_VERSION"]) <= version


def test_the_hook_has_time_for_thirty_models_that_do_not_answer() -> None:
    resources = deployed()
    of_the_api = resources["ApiFunction"]["Properties"]["Timeout"]
    assert resources["PreTrafficFunction"]["Properties"]["Timeout"] >= 30 * of_the_api
