"""The role may do what `make deploy` does, and nothing with what is not the stack's."""

import json
import tomllib
from fnmatch import fnmatchcase
from typing import Any

from tests.integration.pipeline import arns, permissions
from tests.integration.pipeline.policies import (
    ACCOUNT,
    BOUNDARY,
    EVERYTHING,
    REGION,
    STACK,
    actions_matching,
    allows,
    listed,
    of_the_role,
    resources,
    template,
)
from tests.processes import REPOSITORY
from tests.template import in_sam_environment, needs_sam, transformed

pytestmark = needs_sam
# What a request says about itself, for those actions that a condition bounds.
REQUEST = {
    "iam__PermissionsBoundary": BOUNDARY,
    "iam__PolicyARN": "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited",
    "iam__AWSServiceName": "lambda.application-autoscaling.amazonaws.com",
    "kms__ViaService": f"ecr.{REGION}.amazonaws.com",
}
OF_THE_STACK = {"aws__ResourceTag/aws__cloudformation__stack-name": STACK}
# Types whose resources have ids, and not the name of their stack. docs/threat-model.md says so.
WITHOUT_NAMES = ("AWS::ApiGatewayV2::", "AWS::Budgets::", "AWS::Route53::")
LONGEST_NAMES = {"AWS::IAM::Role": 64, "AWS::Lambda::Function": 64, "AWS::S3::Bucket": 63}
PASSED_TO = {
    "AWS::Lambda::Function": "lambda.amazonaws.com",
    "AWS::Scheduler::Schedule": "scheduler.amazonaws.com",
    "AWS::CodeDeploy::DeploymentGroup": "codedeploy.amazonaws.com",
}


def kinds() -> set[str]:
    """The types of resources in the stack and in its registry."""
    path = str(REPOSITORY / "scripts/registry.yaml")
    registry = in_sam_environment("samcli.yamlhelper", f"yaml_parse(open({path!r}).read())")
    stack = json.loads(transformed("Canary10Percent5Minutes"))
    both = [*registry["Resources"].values(), *stack["Resources"].values()]
    return {resource["Type"] for resource in both}


def not_needed(kind: str) -> set[str]:
    return {
        pattern
        for prefix, reasons in permissions.NOT_NEEDED.items()
        if kind.startswith(prefix)
        for pattern in reasons
    }


def needed(kind: str) -> set[str]:
    patterns = not_needed(kind)
    return {
        action
        for action in permissions.of_type(kind)
        if not any(fnmatchcase(action, pattern) for pattern in patterns)
    }


def test_every_resource_of_the_template_can_be_made_changed_and_deleted() -> None:
    statements = of_the_role(**EVERYTHING)
    for kind in sorted(kinds()):
        request = REQUEST | OF_THE_STACK | {"iam__PassedToService": PASSED_TO.get(kind, "")}
        for action in needed(kind):
            assert any(allows(statements, action, arn, **request) for arn in arns.of_type(kind)), (
                f"scripts/pipeline.yaml does not allow {action}, which {kind} needs"
            )


def test_nothing_of_another_stack_can_be_changed() -> None:
    statements = of_the_role(**EVERYTHING)
    others = REQUEST | {"aws__ResourceTag/aws__cloudformation__stack-name": "models-dev"}
    for kind in sorted(kinds()):
        if kind.startswith(WITHOUT_NAMES):
            continue
        for action in needed(kind):
            if allows(statements, action, arns.UNLIMITED):
                continue  # it knows no resources
            for arn in set(arns.of_type(kind, "models-dev")) - set(arns.of_type(kind)):
                assert not allows(statements, action, arn, **others), (action, arn)


def test_only_the_key_of_the_stack_can_be_read() -> None:
    (secret, _) = arns.of_type("AWS::SecretsManager::Secret")
    for action in ("secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"):
        assert allows(of_the_role(), action, secret, **OF_THE_STACK)
        assert not allows(of_the_role(), action, secret)
        other = {"aws__ResourceTag/aws__cloudformation__stack-name": "models-dev"}
        assert not allows(of_the_role(), action, secret, **other)


def test_an_action_that_is_not_needed_is_in_a_schema_and_in_no_policy() -> None:
    """A reason that is no longer one would hide a missing permission."""
    statements = of_the_role(**EVERYTHING)
    for prefix, reasons in permissions.NOT_NEEDED.items():
        actions = {
            action
            for kind in kinds()
            if kind.startswith(prefix)
            for action in permissions.of_type(kind)
        }
        assert actions, f"no resource has the type {prefix}"
        for pattern in reasons:
            found = {action for action in actions if fnmatchcase(action, pattern)}
            assert found, (prefix, pattern)
            allowed = {one for one in found if any(actions_matching(statements, one))}
            assert not {one for one in allowed if one.startswith("iam:Delete")}, allowed


def test_the_stack_its_registry_and_the_transform_can_be_deployed_and_no_other_stack() -> None:
    statements = of_the_role()
    stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack"
    for action in ("CreateChangeSet", "ExecuteChangeSet", "DescribeStacks", "GetTemplate"):
        for name in (STACK, f"{STACK}-images"):
            assert allows(statements, f"cloudformation:{action}", f"{stack}/{name}/1"), action
        for name in ("models-dev", "models-prod2", "aws-sam-cli-managed-default"):
            assert not allows(statements, f"cloudformation:{action}", f"{stack}/{name}/1"), name
    transform = f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31"
    assert allows(statements, "cloudformation:CreateChangeSet", transform)
    assert not allows(statements, "cloudformation:DeleteStack", f"{stack}/{STACK}/1")


def test_an_image_is_read_from_the_environment_before_and_never_changed() -> None:
    repository = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/models-staging-images-images-abc"
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:models-staging-ApiFunction-1"
    promoting = of_the_role(SourceStackName="models-staging")
    for action, resource in (
        ("ecr:BatchGetImage", repository),
        ("ecr:GetDownloadUrlForLayer", repository),
        ("lambda:GetAlias", function),
        ("lambda:GetFunction", f"{function}:7"),
        ("lambda:GetFunctionConfiguration", f"{function}:7"),
        ("lambda:ListAliases", function),
        ("lambda:ListVersionsByFunction", function),
    ):
        assert allows(promoting, action, resource), action
        assert not allows(of_the_role(), action, resource), action
    for action, resource in (
        ("ecr:PutImage", repository),
        ("ecr:BatchDeleteImage", repository),
        ("lambda:UpdateFunctionCode", function),
        ("lambda:InvokeFunction", function),
    ):
        assert not allows(promoting, action, resource), action


def test_no_statement_allows_everything() -> None:
    for name, properties in resources(**EVERYTHING).items():
        for statement in properties.get("PolicyDocument", {}).get("Statement", []):
            for action in listed(statement["Action"]):
                service, _, operation = action.partition(":")
                assert "*" not in service, (name, action)
                assert operation.strip("*"), (name, action)
            if "*" in listed(statement["Resource"]):
                assert "*" not in json.dumps(statement["Action"]), name


def test_policies_are_as_short_as_iam_demands() -> None:
    made = resources(**EVERYTHING)
    for name, properties in made.items():
        if "PolicyDocument" in properties:
            size = len(json.dumps(properties["PolicyDocument"], separators=(",", ":")))
            assert size <= 6144, (name, size)
    assert len(made["Role"]["ManagedPolicyArns"]) <= 10


def test_the_names_of_resources_are_never_shortened() -> None:
    """So each begins with the whole name of the stack, by which the policies know it."""
    stack: dict[str, Any] = json.loads(transformed())["Resources"]
    pattern = template()["Parameters"]["StackName"]["AllowedPattern"]
    assert pattern == "[a-z][a-z0-9-]{0,18}[a-z0-9]"
    for name, resource in stack.items():
        if resource["Type"] in LONGEST_NAMES:
            assert 20 + len(f"-{name}-") + 13 <= LONGEST_NAMES[resource["Type"]], name
    environments = tomllib.loads((REPOSITORY / "samconfig.toml").read_text())
    for section in environments.values():
        deploy = section.get("deploy", {}) if isinstance(section, dict) else {}
        chosen = deploy.get("parameters", {}).get("stack_name", STACK)
        assert len(chosen) <= 20, f"{chosen} is too long for scripts/pipeline.yaml"


def test_the_template_needs_no_bucket() -> None:
    """A template over 51,200 bytes goes through SAM's bucket, which the role does not know."""
    text = in_sam_environment(
        "samcli.yamlhelper", "len(yaml_dump(yaml_parse(open('template.yaml').read())))"
    )
    assert text < 50_000
