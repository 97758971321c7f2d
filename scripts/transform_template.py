"""Print the template as SAM transforms it, which is what CloudFormation gets.

SAM reads the value of the parameter Deployment, and of no other. Runs where SAM is installed.

Example: .venv-sam/bin/python -m scripts.transform_template Deployment=Canary10Percent5Minutes
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from samcli.yamlhelper import yaml_parse
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from scripts.command import parser
from scripts.servers import REPOSITORY

_TEMPLATE = REPOSITORY / "template.yaml"
_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/image:tag"  # `sam package` fills it in
_PSEUDO_PARAMETERS = {
    "AWS::AccountId": "000000000000",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "stack",
}


class _NoPolicies(ManagedPolicyLoader):
    """No managed policies, because the template names none. So IAM is not called."""

    def __init__(self) -> None:
        pass

    def load(self) -> dict[str, Any]:
        return {}


def transformed(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The template with these parameters. Raises SAM's ``InvalidDocumentException``."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    template = yaml_parse(_TEMPLATE.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["ImageUri"] = _IMAGE
    result: dict[str, Any] = transform(
        template, _PSEUDO_PARAMETERS | dict(parameters), _NoPolicies()
    )
    return result


def main() -> None:
    """Write JSON to standard output."""
    options = parser(__doc__)
    options.add_argument("parameters", nargs="*", metavar="Name=value", help="of the template")
    words: list[str] = options.parse_args().parameters
    parameters = {name: value for name, _, value in (word.partition("=") for word in words)}
    json.dump(transformed(parameters), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
