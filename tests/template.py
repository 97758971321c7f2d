"""The template as CloudFormation sees it: transformed by SAM, its conditions decided."""

import json
import re
import subprocess
from functools import cache
from typing import Any

import pytest

from tests.processes import REPOSITORY

needs_sam = pytest.mark.skipif(
    not (REPOSITORY / ".venv-sam").exists(), reason="SAM is not installed: make .venv-sam/sam"
)
DOMAIN = {
    "DomainName": "models.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1",
    "HostedZoneId": "Z1",
}


@cache
def transformed(deployment: str = "AllAtOnce") -> str:
    """JSON of what CloudFormation gets. Only the parameter that SAM itself reads is decided."""
    return _run("-m", "scripts.transform_template", f"Deployment={deployment}")


def in_sam_environment(module: str, expression: str) -> Any:
    """The value of an expression in a script that runs where SAM is installed."""
    return json.loads(
        _run("-c", f"import json; from {module} import *; print(json.dumps({expression}))")
    )


def _run(*arguments: str) -> str:
    done = subprocess.run(
        [REPOSITORY / ".venv-sam/bin/python", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@cache
def parameters() -> frozenset[str]:
    """The names of the template's parameters."""
    return frozenset(json.loads(transformed())["Parameters"])


class Decider:
    """Decides conditions, rules and ``Fn::If`` for one choice of parameters."""

    def __init__(self, conditions: dict[str, Any], values: dict[str, str]) -> None:
        self._conditions = conditions
        self._values = values

    def holds(self, condition: Any) -> bool:
        if isinstance(condition, str):
            return self.holds(self._conditions[condition])
        ((operator, arguments),) = condition.items()
        if operator == "Fn::Equals":
            first, second = (str(self.decide(argument)) for argument in arguments)
            return first == second
        if operator == "Fn::EachMemberEquals":
            members, expected = map(self.decide, arguments)
            return all(member == expected for member in members.split(","))
        if operator == "Fn::Not":
            return not self.holds(arguments[0])
        if operator in ("Fn::And", "Fn::Or"):
            return (all if operator == "Fn::And" else any)(map(self.holds, arguments))
        assert operator == "Condition", operator
        return self.holds(arguments)

    def decide(self, value: Any) -> Any:
        """The value with nothing left to choose; None for ``AWS::NoValue``."""
        if isinstance(value, list):
            return [item for item in map(self.decide, value) if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function in ("Fn::If", "Ref", "Fn::Join"):
                return self._call(function, argument)
        decided = {key: self.decide(item) for key, item in value.items()}
        return {key: item for key, item in decided.items() if item is not None}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "Fn::If":
            condition, yes, no = argument
            return self.decide(yes if self.holds(condition) else no)
        if function == "Ref":
            return (
                None
                if argument == "AWS::NoValue"
                else self._values.get(argument, {"Ref": argument})
            )
        parts = self.decide(argument[1])
        is_known = isinstance(parts, str) or all(isinstance(part, str) for part in parts)
        return argument[0].join(parts) if is_known else {"Fn::Join": [argument[0], parts]}


def deployed(**parameters: str) -> dict[str, dict[str, Any]]:
    """The resources that a stack with these parameters has, every ``Fn::If`` decided."""
    template = json.loads(transformed(parameters.get("Deployment", "AllAtOnce")))
    assert not parameters.keys() - template["Parameters"].keys()
    values = {
        name: parameters.get(name, str(parameter["Default"]))
        for name, parameter in template["Parameters"].items()
    }
    decider = Decider(template["Conditions"], values)
    return {
        name: {**resource, "Properties": decider.decide(resource.get("Properties", {}))}
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or decider.holds(resource["Condition"])
    }


def of_type(resources: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the resources of a type."""
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == kind
    }


def references(value: Any) -> set[str]:
    """Logical ids that a property refers to."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    if value.keys() == {"Ref"}:
        return {value["Ref"]}
    if value.keys() == {"Fn::GetAtt"}:
        attribute: str | list[str] = value["Fn::GetAtt"]
        return {attribute.split(".")[0] if isinstance(attribute, str) else attribute[0]}
    if value.keys() == {"Fn::Sub"}:
        given = value["Fn::Sub"]
        text, values = (given, dict[str, Any]()) if isinstance(given, str) else given
        named = {name.split(".")[0] for name in re.findall(r"\$\{([\w:.]+)\}", text)}
        found: set[str] = named - values.keys() - parameters()
        return found | references(values)
    return references(list(value.values()))


def refusals(template: dict[str, Any], **parameters: str) -> list[str]:
    """What CloudFormation says of these parameters before it creates anything."""
    values = {
        name: str(parameter.get("Default", ""))
        for name, parameter in template["Parameters"].items()
    } | parameters
    said = [
        template["Parameters"][name]["ConstraintDescription"]
        for name, value in parameters.items()
        if not re.fullmatch(template["Parameters"].get(name, {}).get("AllowedPattern", ".*"), value)
    ]
    decider = Decider(template.get("Conditions", {}), values)
    for rule in template["Rules"].values():
        if "RuleCondition" not in rule or decider.holds(rule["RuleCondition"]):
            said += [
                assertion["AssertDescription"]
                for assertion in rule["Assertions"]
                if not decider.holds(assertion["Assert"])
            ]
    return said
