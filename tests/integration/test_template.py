"""What no linter knows of the template."""

import itertools
import json
import re
from typing import Any

import pytest

from tests.processes import REPOSITORY
from tests.template import deployed, in_sam_environment, transformed

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / ".venv-sam").exists(), reason="SAM is not installed: make .venv-sam/sam"
)
DOMAIN = {
    "DomainName": "models.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1",
    "HostedZoneId": "Z1",
}

MAIL = {"AlarmEmail": "team@example.com"}


def of_type(resources: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == kind
    }


def test_nothing_optional_is_there_by_default() -> None:
    kinds = {resource["Type"] for resource in deployed().values()}
    assert not kinds & {
        "AWS::ApiGatewayV2::DomainName",
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::Budgets::Budget",
        "AWS::CloudWatch::Dashboard",
        "AWS::Route53::RecordSet",
        "AWS::SNS::Topic",
    }


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


@pytest.mark.parametrize(
    ("callers", "authorization"),
    [
        ("open", {"$default": "NONE"}),
        ("iam", {"$default": "AWS_IAM"}),
        ("jwt", {"$default": "AWS_IAM", "ANY /": "JWT", "ANY /{path+}": "JWT"}),
        ("api-key", {"$default": "AWS_IAM", "ANY /": "CUSTOM", "ANY /{path+}": "CUSTOM"}),
    ],
)
def test_who_may_call(callers: str, authorization: dict[str, str]) -> None:
    resources = deployed(Callers=callers, JwtIssuer="https://issuer", JwtAudience="app")
    routes = of_type(resources, "AWS::ApiGatewayV2::Route").values()
    assert {route["RouteKey"]: route["AuthorizationType"] for route in routes} == authorization
    authorizers = {route["AuthorizerId"]["Fn::Sub"] for route in routes if "AuthorizerId" in route}
    assert (
        authorizers
        == {
            "open": set(),
            "iam": set(),
            "jwt": {"${Authorizer.AuthorizerId}"},
            "api-key": {"${KeyAuthorizer.AuthorizerId}"},
        }[callers]
    )


def test_callers_can_be_changed_while_the_stack_runs() -> None:
    """CloudFormation makes the new routes before it deletes the old; keys must not meet."""
    everything = json.loads(transformed())["Resources"]
    keys = [route["RouteKey"] for route in of_type(everything, "AWS::ApiGatewayV2::Route").values()]
    assert len(keys) == len(set(keys))


def test_a_browser_may_ask_before_it_has_credentials() -> None:
    resources = deployed(Callers="jwt", CorsOrigins="https://example.com")
    routes = of_type(resources, "AWS::ApiGatewayV2::Route").values()
    (preflight,) = (route for route in routes if route["RouteKey"].startswith("OPTIONS"))
    assert preflight["AuthorizationType"] == "NONE"


def test_a_domain_has_modern_tls_and_no_way_around_it() -> None:
    resources = deployed(**DOMAIN)
    (domain,) = of_type(resources, "AWS::ApiGatewayV2::DomainName").values()
    (configuration,) = domain["DomainNameConfigurations"]
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    assert resources["Api"]["Properties"]["DisableExecuteApiEndpoint"] is True
    assert "DomainRecord" in resources
    assert "DomainRecord" not in deployed(**DOMAIN | {"HostedZoneId": ""})


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
    )
    for cold_start, callers, domain, mail, reserved, origins in choices:
        resources = deployed(
            ColdStart=cold_start,
            Callers=callers,
            ReservedConcurrency=reserved,
            CorsOrigins=origins,
            Dashboard="yes" if mail else "no",
            **domain,
            **mail,
        )
        for name, resource in resources.items():
            for target in references(resource["Properties"]):
                assert target in resources or target.startswith("AWS::"), (name, target)


def references(value: Any) -> set[str]:
    """Logical ids that a property refers to."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    if value.keys() == {"Ref"}:
        return {value["Ref"]}
    if value.keys() == {"Fn::GetAtt"}:
        named = value["Fn::GetAtt"]
        return {named.split(".")[0] if isinstance(named, str) else named[0]}
    return references(list(value.values()))


def test_no_policy_allows_everything() -> None:
    for name, role in of_type(deployed(), "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Resource"] != "*", name
                assert "*" not in json.dumps(statement["Action"]), name


def test_every_function_is_the_same_image() -> None:
    functions = of_type(deployed(Callers="api-key", ApiKeyArn="arn:x"), "AWS::Lambda::Function")
    commands = {name: function["ImageConfig"]["Command"] for name, function in functions.items()}
    assert commands == {
        "ApiFunction": ["functions.api.handler.lambda_handler"],
        "AuthorizerFunction": ["functions.authorizer.handler.lambda_handler"],
        "PreTrafficFunction": ["functions.pre_traffic.handler.lambda_handler"],
        "ScheduledFunction": ["functions.scheduled.handler.lambda_handler"],
    }
    for function in functions.values():
        assert function["TracingConfig"] == {"Mode": "Active"}


def test_alarms_roll_a_deployment_back_and_the_hook_comes_first() -> None:
    resources = deployed(Deployment="Canary10Percent5Minutes")
    (group,) = of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values()
    alarms = {alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]}
    assert alarms == {
        "HandlerErrorsAlarm",
        "LatencyAlarm",
        "ServerErrorsAlarm",
        "ThrottlesAlarm",
    }
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


def test_every_function_may_use_the_key_that_its_environment_is_encrypted_with() -> None:
    resources = deployed(Callers="api-key", ApiKeyArn="arn:x", KmsKeyArn="arn:key")
    functions = of_type(resources, "AWS::Lambda::Function")
    for name, function in functions.items():
        assert function["KmsKeyArn"] == "arn:key"
        policies = resources[f"{name}Role"]["Properties"]["Policies"]
        allowed = [
            statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]
        ]
        assert {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:key"} in allowed, name


def test_a_parameter_that_a_version_is_made_with_makes_a_new_one() -> None:
    """SAM hashes the template, not the values of parameters; scripts.deploy adds the values."""
    template = json.loads(transformed())
    used: set[str] = set()
    for name in ("ApiFunction", "ScheduledFunction"):
        properties = template["Resources"][name]["Properties"]
        del properties["ReservedConcurrentExecutions"]  # of the function, whatever its version
        used |= parameters_in(properties, template["Conditions"])
    added = in_sam_environment("scripts.deploy", "list(VERSION_PARAMETERS)")
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


def test_every_parameter_is_documented_with_its_default() -> None:
    text = (REPOSITORY / "docs/operations.md").read_text()
    section = text.split("## Parameters")[1].split("\n## ")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? *\|", section, re.MULTILINE))
    parameters = json.loads(transformed())["Parameters"]
    assert documented == {name: str(value["Default"]) for name, value in parameters.items()}


def test_the_template_says_nothing_of_the_example() -> None:
    words = set(re.findall(r"[a-z]+", (REPOSITORY / "template.yaml").read_text().lower()))
    assert not words & {"pet", "pets", "dog", "cat", "seattle"}
