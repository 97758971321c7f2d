"""Print the template as SAM transforms it, which is what CloudFormation gets.

Runs where SAM is installed. Example: .venv-sam/bin/python -m scripts.transform_template
"""

import json
import os
import sys
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


def main() -> None:
    """Write JSON to standard output."""
    parser(__doc__).parse_args()
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    template = yaml_parse(_TEMPLATE.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["ImageUri"] = _IMAGE
    json.dump(transform(template, _PSEUDO_PARAMETERS, _NoPolicies()), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
