"""The policies of scripts/pipeline.yaml, and an evaluator of what they allow.

It knows what these policies use: `Allow` statements, wildcards, and four operators of conditions.
It fails on anything else, so that it never allows what it did not read.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from tests.processes import REPOSITORY
from tests.template import Decider, in_sam_environment

ACCOUNT, REGION, STACK = "000000000000", "eu-west-1", "models-prod"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}
GIVEN = {"Repository": "owner/name", "Environment": "prod", "StackName": STACK}
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/pipeline/Boundary"
EVERYTHING = {
    "SourceStackName": "models-staging",
    "OidcProviderArn": PROVIDER,
    "Callers": "iam",
    "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
    "SourceBucket": "source-bucket",
    "TargetBucket": "target-bucket",
    "HostedZoneId": "Z1",
}
_EXACT, _PATTERNS = ("StringEquals",), ("StringLike", "ArnEquals", "ArnLike")


@cache
def template() -> dict[str, Any]:
    path = str(REPOSITORY / "scripts/pipeline.yaml")
    parsed: dict[str, Any] = in_sam_environment(
        "samcli.yamlhelper", f"yaml_parse(open({path!r}).read())"
    )
    return parsed


def resources(**parameters: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource, with every reference replaced by a value."""
    source = template()
    assert not parameters.keys() - source["Parameters"].keys()
    values = {name: str(each.get("Default", "")) for name, each in source["Parameters"].items()}
    values |= PSEUDO | GIVEN | parameters
    decider = Decider(source["Conditions"], values)
    arns = {"Provider": PROVIDER} | {
        name: f"arn:aws:iam::{ACCOUNT}:policy/pipeline/{name}"
        for name, each in source["Resources"].items()
        if each["Type"] == "AWS::IAM::ManagedPolicy"
    }
    return {
        name: _filled(decider.decide(each["Properties"]), values | arns)
        for name, each in source["Resources"].items()
        if "Condition" not in each or decider.holds(each["Condition"])
    }


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Fn::Sub"}:
        return re.sub(r"\$\{([\w:]+)\}", lambda found: values[found[1]], value["Fn::Sub"])
    if value.keys() == {"Ref"}:
        return values[value["Ref"]]
    return {key: _filled(item, values) for key, item in value.items()}


def of_the_role(**parameters: str) -> list[dict[str, Any]]:
    """The statements of every policy of the role that deploys."""
    made = resources(**parameters)
    names = [arn.rpartition("/")[2] for arn in made["Role"]["ManagedPolicyArns"]]
    assert "Policies" not in made["Role"]
    return [each for name in names for each in made[name]["PolicyDocument"]["Statement"]]


def of_the_boundary(**parameters: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = resources(**parameters)["Boundary"]["PolicyDocument"][
        "Statement"
    ]
    return statements


def listed(value: Any) -> list[Any]:
    """One value, or several."""
    return value if isinstance(value, list) else [value]


def allows(statements: list[dict[str, Any]], action: str, resource: str, **context: str) -> bool:
    """Whether a statement allows the action. ``context`` has `__` for the `:` of each key."""
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    return any(
        _matches(statement, action, resource) and _holds(statement, keys)
        for statement in statements
    )


def actions_matching(statements: list[dict[str, Any]], action: str) -> Iterator[dict[str, Any]]:
    """The statements that allow the action on anything."""
    for statement in statements:
        if any(_like(action.lower(), each.lower()) for each in listed(statement["Action"])):
            yield statement


def _matches(statement: dict[str, Any], action: str, resource: str) -> bool:
    assert statement.keys() <= {"Effect", "Action", "Resource", "Condition"}, statement
    assert statement["Effect"] == "Allow", statement
    return any(actions_matching([statement], action)) and any(
        _like(resource, each) for each in listed(statement["Resource"])
    )


def _holds(statement: dict[str, Any], keys: Mapping[str, str]) -> bool:
    """A condition of a key that the request does not have is false."""
    for operator, tests in statement.get("Condition", {}).items():
        assert operator in _EXACT + _PATTERNS, operator
        for key, expected in tests.items():
            found = keys.get(key)
            if found is None or not any(
                found == each if operator in _EXACT else _like(found, each)
                for each in listed(expected)
            ):
                return False
    return True


def _like(text: str, pattern: str) -> bool:
    """In IAM only `*` and `?` are wildcards; a bracket is none."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))
