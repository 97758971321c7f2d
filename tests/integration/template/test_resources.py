"""What no linter knows of the template."""

import itertools
import json
import re
from graphlib import TopologicalSorter
from typing import Any

import pytest

from tests.processes import REPOSITORY
from tests.template import (
    DOMAIN,
    deployed,
    needs_sam,
    of_type,
    references,
    refusals,
    transformed,
)

pytestmark = needs_sam
BUCKETS = {"SourceBucket": "source", "TargetBucket": "target"}


def require_no_cycle(resources: dict[str, dict[str, Any]]) -> None:
    """CloudFormation refuses resources that wait for each other."""
    order = TopologicalSorter[str]()
    for name, resource in resources.items():
        waits = references({**resource["Properties"], "Policy": resource.get("UpdatePolicy", {})})
        declared = resource.get("DependsOn", [])
        waits |= {declared} if isinstance(declared, str) else set(declared)
        order.add(name, *(waits & resources.keys()))
    order.prepare()


def test_nothing_optional_is_there_by_default() -> None:
    kinds = {resource["Type"] for resource in deployed(Callers="open").values()}
    assert not kinds & {
        "AWS::ApiGatewayV2::DomainName",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::Budgets::Budget",
        "AWS::CloudWatch::Dashboard",
        "AWS::Route53::RecordSet",
        "AWS::SecretsManager::Secret",
        "AWS::SNS::Topic",
    }


@pytest.mark.parametrize(
    ("strategy", "snapshots", "provisioned"),
    [
        ("SnapStart", True, False),
        ("ProvisionedConcurrency", False, True),
        ("None", False, False),
    ],
)
def test_one_strategy_against_cold_starts(
    strategy: str, *, snapshots: bool, provisioned: bool
) -> None:
    resources = deployed(ColdStart=strategy)
    function = resources["ApiFunction"]["Properties"]
    alias = resources["ApiFunctionAliaslive"]["Properties"]
    assert (function.get("SnapStart") == {"ApplyOn": "PublishedVersions"}) is snapshots
    assert bool(alias.get("ProvisionedConcurrencyConfig")) is provisioned
    targets = of_type(resources, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert bool(targets) is provisioned


def test_every_combination_refers_only_to_what_it_has() -> None:
    choices = itertools.product(
        ("SnapStart", "ProvisionedConcurrency", "None"),
        ("open", "iam", "jwt", "api-key"),
        ({}, DOMAIN),
        (
            {},
            {"AlarmEmail": "a@example.com"},
            {"AlarmEmail": "a@example.com", "MonthlyBudget": "5"},
        ),
        ("0", "10"),
        ("", "https://example.com"),
        ("AllAtOnce", "Canary10Percent5Minutes"),
        ({}, BUCKETS | {"ApiKeyArn": "arn:x", "TracesEndpoint": "https://example.com/v1/traces"}),
    )
    for cold_start, callers, domain, mail, reserved, origins, shift, more in choices:
        resources = deployed(
            ColdStart=cold_start,
            Callers=callers,
            ReservedConcurrency=reserved,
            CorsOrigins=origins,
            Deployment=shift,
            Dashboard="yes" if mail else "no",
            **domain,
            **mail,
            **more,
        )
        require_no_cycle(resources)
        for name, resource in resources.items():
            for target in references(resource["Properties"]):
                assert target in resources or target.startswith("AWS::"), (name, target)


def test_every_function_is_the_same_image() -> None:
    functions = of_type(deployed(Callers="api-key", ApiKeyArn="arn:x"), "AWS::Lambda::Function")
    commands = {name: function["ImageConfig"]["Command"] for name, function in functions.items()}
    assert commands == {
        "ApiFunction": ["functions.api.handler.lambda_handler"],
        "AuthorizerFunction": ["functions.authorizer.handler.lambda_handler"],
        "PreTrafficFunction": ["functions.pre_traffic.handler.lambda_handler"],
        "ScheduledFunction": ["functions.scheduled.handler.lambda_handler"],
    }


def test_the_dashboard_shows_this_stack() -> None:
    resources = deployed(Dashboard="yes")
    parameters = json.loads(transformed())["Parameters"].keys()
    (dashboard,) = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    body, values = dashboard["DashboardBody"]["Fn::Sub"]
    assert float(values["Waiting"]) > 0
    names = re.findall(r"\$\{(\w+)[\w.]*\}", body)
    assert {"Api", "ApiFunction", "ScheduledFunction", "Failures"} <= set(names)
    assert set(names) <= resources.keys() | values.keys() | parameters | {"AWS"}
    titles = [
        widget["properties"]["title"]
        for widget in json.loads(re.sub(r"\$\{[^}]*\}", "0", body))["widgets"]
    ]
    assert len(titles) == 6


def test_every_parameter_is_documented_with_its_default() -> None:
    text = (REPOSITORY / "docs/operations.md").read_text()
    section = text.split("## Parameters")[1].split("\n## ")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? *\|", section, re.MULTILINE))
    parameters = json.loads(transformed())["Parameters"]
    assert documented == {name: str(value["Default"]) for name, value in parameters.items()}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, ""),
        (DOMAIN, ""),
        ({"MonthlyBudget": "5", "AlarmEmail": "team@example.com"}, ""),
        ({"MonthlyBudget": "5"}, "MonthlyBudget needs AlarmEmail"),
        ({"DomainName": "models.example.com"}, "DomainName needs CertificateArn"),
        ({"ScheduleInput": '{"scheduled_time": "<aws.scheduler.scheduled-time>", "count": 5}'}, ""),
        ({"ScheduleInput": '{\n "job": "j",\n "scheduled_time" : "t"\n}\n'}, ""),
        ({"ScheduleInput": "{}"}, 'must be a JSON object with the field "scheduled_time"'),
        ({"ScheduleInput": '{"job": "scheduled_time"}'}, 'with the field "scheduled_time"'),
        (BUCKETS, ""),
        ({"SourceBucket": "s3://source"}, "must be the name of a bucket"),
        ({"TargetBucket": "Target_1"}, "must be the name of a bucket"),
        ({"TracesEndpoint": "collector:4318"}, "must be an address of OpenTelemetry's protocol"),
    ],
)
def test_cloudformation_refuses_what_cannot_work(parameters: dict[str, str], said: str) -> None:
    refused = refusals(json.loads(transformed()), **parameters)
    assert len(refused) == bool(said)
    assert said in "".join(refused)


def test_every_combination_that_is_refused_says_why() -> None:
    """CloudFormation's own words for a pattern are the pattern."""
    for name, parameter in json.loads(transformed())["Parameters"].items():
        assert ("AllowedPattern" in parameter) is ("ConstraintDescription" in parameter), name
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), str(parameter["Default"])), name


def test_the_template_says_nothing_of_the_example() -> None:
    words = set(re.findall(r"[a-z]+", (REPOSITORY / "template.yaml").read_text().lower()))
    assert not words & {"pet", "pets", "dog", "cat", "seattle"}
