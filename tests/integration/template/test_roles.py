"""What the roles of the stack may do, and where its functions write logs and traces."""

import json
from typing import Any

import pytest

from tests.template import deployed, needs_sam, of_type, references, refusals, transformed

pytestmark = needs_sam
ENDPOINT = "https://xray.eu-west-1.amazonaws.com/v1/traces"
KEY = "arn:aws:kms:eu-west-1:000000000000:key/1"


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def role_of(name: str, resources: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The properties of a function's role."""
    (role,) = references(resources[name]["Properties"]["Role"])
    properties: dict[str, Any] = resources[role]["Properties"]
    return properties


def test_no_policy_allows_everything() -> None:
    for name, role in of_type(deployed(), "AWS::IAM::Role").items():
        for statement in statements(role):
            assert statement["Resource"] != "*", name
            assert "*" not in json.dumps(statement["Action"]), name


def test_a_log_group_is_there_before_its_function() -> None:
    """Otherwise the first log line makes the group, and CloudFormation then fails to."""
    resources = deployed(Callers="api-key")
    functions = of_type(resources, "AWS::Lambda::Function")
    groups = set()
    for name, function in functions.items():
        group = function["LoggingConfig"]["LogGroup"]["Ref"]
        groups.add(group)
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert references(resources[group]["Properties"]) <= {"AWS::StackName"}, name
        assert resources[group]["Properties"]["RetentionInDays"]
    assert len(groups) == len(functions) == 4


def test_a_function_writes_to_its_log_group_and_makes_none() -> None:
    """A late log line would make the group anew, after the stack and its group are deleted."""
    resources = deployed(Callers="api-key")
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        role = role_of(name, resources)
        assert "ManagedPolicyArns" not in role
        group = function["LoggingConfig"]["LogGroup"]["Ref"]
        (logs,) = (each for each in statements(role) if "logs:" in json.dumps(each["Action"]))
        assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        assert logs["Resource"] == {"Fn::GetAtt": [group, "Arn"]}, name


def test_access_logs_do_not_lengthen_the_resource_policy_of_the_account() -> None:
    name = deployed()["AccessLogs"]["Properties"]["LogGroupName"]["Fn::Sub"]
    assert name.startswith("/aws/vendedlogs/")


def test_failed_runs_may_be_sent_to_their_queue() -> None:
    """Lambda sends them by the function's role, and refuses the configuration otherwise."""
    resources = deployed()
    (retries,) = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    queue = retries["DestinationConfig"]["OnFailure"]["Destination"]
    role = role_of("ScheduledFunction", resources)
    sending = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    assert sending in statements(role)


def test_a_boundary_bounds_every_role() -> None:
    roles = of_type(deployed(PermissionsBoundary="arn:boundary"), "AWS::IAM::Role")
    assert len(roles) == 6
    for name, role in roles.items():
        assert role["PermissionsBoundary"] == "arn:boundary", name
    for name, role in of_type(deployed(), "AWS::IAM::Role").items():
        assert "PermissionsBoundary" not in role, name
    template = json.loads(transformed())
    assert not refusals(template, PermissionsBoundary="arn:aws:iam::000000000000:policy/bound")
    assert refusals(template, PermissionsBoundary="bound")


def test_codedeploy_may_deploy_by_a_role_of_the_stack() -> None:
    resources = deployed()
    (group,) = of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values()
    (role,) = references(group["ServiceRoleArn"])
    (trust,) = resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    (policy,) = resources[role]["Properties"]["ManagedPolicyArns"]
    assert "${AWS::Partition}" in policy["Fn::Sub"]
    # This policy of AWS allows to invoke functions with this prefix alone.
    hook = resources["PreTrafficFunction"]["Properties"]["FunctionName"]["Fn::Sub"]
    assert hook.startswith("CodeDeployHook_")


@pytest.mark.parametrize("endpoint", ["", ENDPOINT])
def test_nothing_is_traced_unless_somebody_collects(endpoint: str) -> None:
    resources = deployed(TracesEndpoint=endpoint)
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["TracingConfig"] == {"Mode": "Active" if endpoint else "PassThrough"}
        variables = function["Environment"]["Variables"]
        assert variables.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "") == endpoint
        role = json.dumps(role_of(name, resources)).lower()
        for action in ("xray:puttracesegments", "xray:putspans"):
            assert (action in role) is bool(endpoint), name
        assert ("xray" in role) is bool(endpoint), name


def test_every_function_may_use_the_key_that_its_environment_is_encrypted_with() -> None:
    resources = deployed(Callers="api-key", KmsKeyArn=KEY)
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["KmsKeyArn"] == KEY
        (keys,) = (each for each in statements(role_of(name, resources)) if each["Resource"] == KEY)
        assert "kms:Decrypt" in keys["Action"], name
    template = json.loads(transformed())
    assert not refusals(template, KmsKeyArn=KEY)
    assert refusals(template, KmsKeyArn="arn:aws:kms:eu-west-1:000000000000:alias/models")


def test_scheduled_runs_reach_the_buckets_that_a_parameter_names_and_no_other() -> None:
    assert reached() == {"BatchesBucket": {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}}
    assert reached(SourceBucket="s", TargetBucket="t") == reached() | {
        "SourceBucket": {"s3:GetObject", "s3:ListBucket"},
        "TargetBucket": {"s3:GetObject", "s3:ListBucket", "s3:PutObject"},
    }


def reached(**parameters: str) -> dict[str, set[str]]:
    """What scheduled runs may do with each bucket."""
    resources, found = deployed(**parameters), dict[str, set[str]]()
    for each in statements(role_of("ScheduledFunction", resources)):
        actions = {each["Action"]} if isinstance(each["Action"], str) else set(each["Action"])
        if all(action.startswith("s3:") for action in actions):
            bucket, _, objects = each["Resource"]["Fn::Sub"].rpartition(":::")[2].partition("/")
            assert bool(objects) is ("s3:ListBucket" not in actions)
            found.setdefault(bucket[2:-1], set()).update(actions)
    return found


def test_a_batch_that_is_not_there_is_not_forbidden() -> None:
    """S3 answers 404 only to who may list the bucket; a GET has no prefix to ask a condition of."""
    (listing,) = (
        each
        for each in statements(role_of("ApiFunction", deployed()))
        if each["Action"] == "s3:ListBucket"
    )
    assert "Condition" not in listing
