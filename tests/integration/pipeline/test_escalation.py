"""Nobody who may start the pipeline can get more rights through it."""

import json
from typing import Any

import pytest

from tests.integration.pipeline.policies import (
    ACCOUNT,
    BOUNDARY,
    EVERYTHING,
    PROVIDER,
    REGION,
    STACK,
    actions_matching,
    allows,
    listed,
    of_the_boundary,
    of_the_role,
    resources,
)
from tests.template import deployed, needs_sam, of_type

pytestmark = needs_sam
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{STACK}-ApiFunctionRole-1A2B3C"
ITSELF = f"arn:aws:iam::{ACCOUNT}:role/pipeline/deploying-Role-1A2B3C"
CODEDEPLOY = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_only_the_environment_of_the_repository_gets_the_role() -> None:
    (statement,) = resources()["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    issuer = "token.actions.githubusercontent.com"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": "repo:owner/name:environment:prod",
        }
    }


def test_the_provider_is_made_once_in_an_account() -> None:
    assert resources()["Provider"]["ClientIdList"] == ["sts.amazonaws.com"]
    assert "Provider" not in resources(OidcProviderArn=PROVIDER)
    (statement,) = resources(OidcProviderArn=PROVIDER)["Role"]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    assert statement["Principal"] == {"Federated": PROVIDER}


@pytest.mark.parametrize(
    "action", ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"]
)
def test_a_role_exists_only_with_the_boundary(action: str) -> None:
    statements = of_the_role(**EVERYTHING)
    assert allows(statements, action, ROLE, iam__PermissionsBoundary=BOUNDARY)
    assert not allows(statements, action, ROLE)
    assert not allows(statements, action, ROLE, iam__PermissionsBoundary=ADMINISTRATOR)
    assert not allows(
        statements, action, f"arn:aws:iam::{ACCOUNT}:role/other", iam__PermissionsBoundary=BOUNDARY
    )


def test_one_policy_of_aws_can_be_attached() -> None:
    statements = of_the_role(**EVERYTHING)
    bounded = {"iam__PermissionsBoundary": BOUNDARY}
    attach = "iam:AttachRolePolicy"
    assert allows(statements, attach, ROLE, iam__PolicyARN=CODEDEPLOY, **bounded)
    assert not allows(statements, attach, ROLE, iam__PolicyARN=CODEDEPLOY)
    assert not allows(statements, attach, ROLE, iam__PolicyARN=ADMINISTRATOR, **bounded)
    attached = {
        json.dumps(arn)
        for role in of_type(deployed(), "AWS::IAM::Role").values()
        for arn in role.get("ManagedPolicyArns", [])
    }
    assert all("AWSCodeDeployRoleForLambdaLimited" in arn for arn in attached)


@pytest.mark.parametrize("service", ["ec2.amazonaws.com", "cloudformation.amazonaws.com", ""])
def test_a_role_is_passed_to_no_other_service(service: str) -> None:
    statements = of_the_role(**EVERYTHING)
    assert not allows(statements, "iam:PassRole", ROLE, iam__PassedToService=service)
    assert not allows(statements, "iam:PassRole", ROLE)
    lambda_ = {"iam__PassedToService": "lambda.amazonaws.com"}
    assert allows(statements, "iam:PassRole", ROLE, **lambda_)
    assert not allows(statements, "iam:PassRole", ITSELF, **lambda_)


def test_the_role_cannot_change_itself_or_its_policies() -> None:
    made, statements = resources(**EVERYTHING), of_the_role(**EVERYTHING)
    assert made["Role"]["Path"] == "/pipeline/"
    policies = [name for name, each in made.items() if "PolicyDocument" in each]
    assert all(made[name]["Path"] == "/pipeline/" for name in policies)
    for statement in statements:
        for resource in listed(statement["Resource"]):
            if any(action.startswith("iam:") for action in listed(statement["Action"])):
                assert resource.startswith(
                    (
                        f"arn:aws:iam::{ACCOUNT}:role/{STACK}-",
                        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/",
                    )
                ), resource


@pytest.mark.parametrize(
    "action",
    [
        "iam:AddUserToGroup",
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreateOpenIDConnectProvider",
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:CreateUser",
        "iam:DeletePolicyVersion",
        "iam:DeleteRolePermissionsBoundary",
        "iam:PutUserPolicy",
        "iam:SetDefaultPolicyVersion",
        "iam:UpdateOpenIDConnectProviderThumbprint",
        "cloudformation:SetStackPolicy",
        "lambda:InvokeFunction",
        "s3:GetObject",
        "sts:AssumeRole",
    ],
)
def test_there_is_no_other_way_to_more_rights(action: str) -> None:
    assert not list(actions_matching(of_the_role(**EVERYTHING), action))


def actions_of(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


@pytest.mark.parametrize("key", ["", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:a-b"])
def test_the_boundary_leaves_the_functions_what_their_roles_allow(key: str) -> None:
    chosen = {
        "Callers": "api-key",
        "ApiKeyArn": key,
        "KmsKeyArn": EVERYTHING["KmsKeyArn"],
        "SourceBucket": "source-bucket",
        "TargetBucket": "target-bucket",
        "TracesEndpoint": f"https://xray.{REGION}.amazonaws.com/v1/traces",
    }
    statements = of_the_boundary(**EVERYTHING | {"ApiKeyArn": key})
    for name, role in of_type(deployed(**chosen), "AWS::IAM::Role").items():
        for statement in actions_of(role):
            for action in listed(statement["Action"]):
                if action.startswith("ssm:") and not key:
                    continue  # the stack's own key is a secret
                assert any(actions_matching(statements, action)), (name, action)


def test_the_boundary_holds_the_functions_within_the_stack() -> None:
    statements = of_the_boundary(**EVERYTHING)
    for bucket in (f"{STACK}-batchesbucket-1", "source-bucket", "target-bucket"):
        assert allows(statements, "s3:GetObject", f"arn:aws:s3:::{bucket}/a.jsonl"), bucket
    assert not allows(statements, "s3:GetObject", "arn:aws:s3:::payroll/a.csv")
    assert not allows(statements, "s3:PutObject", "arn:aws:s3:::source-bucket/a.jsonl")
    assert not allows(of_the_boundary(), "s3:GetObject", "arn:aws:s3:::source-bucket/a.jsonl")
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:database-a1b2c3"
    assert not allows(statements, "secretsmanager:GetSecretValue", secret)
    for action in ("iam:CreateRole", "sts:AssumeRole", "ec2:RunInstances", "lambda:CreateFunction"):
        assert not list(actions_matching(statements, action)), action


def test_code_deploy_may_do_its_work_within_the_boundary() -> None:
    """What AWS's policy AWSCodeDeployRoleForLambdaLimited allows, and a deployment asks for."""
    statements = of_the_boundary()
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-ApiFunction-1"
    for action in ("GetAlias", "UpdateAlias", "GetProvisionedConcurrencyConfig"):
        assert allows(statements, f"lambda:{action}", f"{function}:live"), action
    hook = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:CodeDeployHook_{STACK}"
    assert allows(statements, "lambda:InvokeFunction", hook)
    assert allows(statements, "cloudwatch:DescribeAlarms", "*")
