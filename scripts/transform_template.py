"""Print the template as SAM transforms it, for checks of what CloudFormation gets.

Runs where SAM is installed. Example: .venv-sam/bin/python scripts/transform_template.py
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

_TEMPLATE = Path(__file__).parents[1] / "template.yaml"
_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/image:tag"  # what `sam package` fills in
_PSEUDO_PARAMETERS = {
    "AWS::AccountId": "000000000000",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "stack",
}


class _NoPolicies(ManagedPolicyLoader):
    """The template names no managed policy, so there is nothing to ask IAM for."""

    def __init__(self) -> None:
        pass

    def load(self) -> dict[str, Any]:
        return {}


def main() -> None:
    """Write JSON to standard output."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    template = yaml_parse(_TEMPLATE.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["ImageUri"] = _IMAGE
    json.dump(transform(template, _PSEUDO_PARAMETERS, _NoPolicies()), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
