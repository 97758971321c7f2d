"""The template as CloudFormation sees it: transformed by SAM, its conditions decided."""

import json
import subprocess
from functools import cache
from typing import Any

from tests.processes import REPOSITORY


@cache
def transformed() -> str:
    """JSON of what CloudFormation gets, nothing decided."""
    return _run("-m", "scripts.transform_template")


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


class _Decider:
    """Decides conditions and ``Fn::If`` for one choice of parameters."""

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
    template = json.loads(transformed())
    assert not parameters.keys() - template["Parameters"].keys()
    values = {
        name: parameters.get(name, str(parameter["Default"]))
        for name, parameter in template["Parameters"].items()
    }
    decider = _Decider(template["Conditions"], values)
    return {
        name: {**resource, "Properties": decider.decide(resource.get("Properties", {}))}
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or decider.holds(resource["Condition"])
    }
