"""Deploy with SAM: first a registry for the images, then the stack. Then delete old versions.

The first deployment asks its questions and keeps the answers in samconfig.toml. Options that are
not listed here are passed to `sam deploy`.

Example: make deploy REGION=eu-west-1 ARGS='--parameter-overrides Callers=iam'
"""

import argparse
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from samcli.cli.types import CfnParameterOverridesType
from samcli.yamlhelper import yaml_dump, yaml_parse

from scripts.command import parser
from scripts.servers import REPOSITORY

_CONFIG = REPOSITORY / "samconfig.toml"
_BUILT = REPOSITORY / ".aws-sam/build/template.yaml"
_REGISTRY = "tensorflow-lambda-api-images"
_ALIAS = "live"
# Parameters that change a function's version. SAM publishes a new version when the template or the
# image changes, but not when a parameter's value does. So the values are written into the template.
VERSION_PARAMETERS = ("Architecture", "ColdStart", "KmsKeyArn", "MemorySize")
_KEPT_VERSIONS = 2  # the one that serves, and one to roll back to; each kept snapshot costs money


def main() -> None:
    """Deploy. Exit with SAM's own status where SAM fails."""
    arguments, sam_options = _arguments()
    template = Path(arguments.template_file)
    if not template.exists():
        sys.exit(f"there is no {template}: run `make build` first")
    region = arguments.region or (_answers("global") | _answers("deploy"))["region"]
    if boto3.Session().get_credentials() is None:
        sys.exit("there are no AWS credentials: `aws configure sso`, or set AWS_ACCESS_KEY_ID …")
    print(f"deploying to {region} (REGION=… for another)", flush=True)
    repository = _registry(region)
    stack = arguments.stack_name or _answers("deploy").get("stack_name")
    content = yaml_parse(template.read_text())
    functions = [
        name
        for name, resource in content["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    overrides = arguments.parameter_overrides or _answers("deploy").get("parameter_overrides", "")
    chosen = _parameters(region, stack) | CfnParameterOverridesType().convert(overrides, None, None)
    variables = content["Globals"]["Function"]["Environment"]["Variables"]
    defaults = content["Parameters"]
    variables["MADE_WITH"] = " ".join(
        chosen.get(name) or str(defaults[name]["Default"]) for name in VERSION_PARAMETERS
    ).strip()
    deployed = template.with_name("deployed.yaml")
    deployed.write_text(yaml_dump(content))
    _sam(
        "deploy",
        f"--template-file={deployed}",
        f"--config-file={_CONFIG}",
        f"--region={region}",
        *([f"--stack-name={stack}"] if stack else ["--guided"]),
        "--capabilities=CAPABILITY_IAM",
        *(f"--image-repositories={name}={repository}" for name in functions),
        "--no-fail-on-empty-changeset",
        *(["--parameter-overrides", *overrides] if arguments.parameter_overrides else []),
        *sam_options,
    )
    try:
        _delete_old_versions(
            boto3.Session(region_name=region), stack or _answers("deploy")["stack_name"]
        )
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"the stack is deployed, but old versions were not deleted: {error}")


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    options = parser(__doc__)
    options.add_argument("--region", help="the AWS region; by default the one in samconfig.toml")
    options.add_argument(
        "--stack-name", help="by default the one in samconfig.toml; asked for if there is none"
    )
    options.add_argument("--template-file", default=str(_BUILT), help="the built template")
    options.add_argument(
        "--parameter-overrides", nargs="*", help="parameters of template.yaml, as Name=value …"
    )
    return options.parse_known_args()


def _answers(command: str) -> dict[str, Any]:
    """The parameters of a command in samconfig.toml."""
    configured = tomllib.loads(_CONFIG.read_text())["default"]
    answers: dict[str, Any] = configured.get(command, {}).get("parameters", {})
    return answers


def _parameters(region: str, stack: str | None) -> dict[str, str]:
    """The parameters of the deployed stack. Empty if there is no such stack yet."""
    client = boto3.client("cloudformation", region_name=region)
    try:
        (description,) = client.describe_stacks(StackName=stack or "")["Stacks"]
    except (BotoCoreError, ClientError):
        return {}
    parameters = description.get("Parameters", [])
    return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in parameters}


def _sam(*words: str, capture: bool = False) -> str:
    process = subprocess.run(
        [Path(sys.executable).with_name("sam"), *words],
        stdout=subprocess.PIPE if capture else None,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
        text=True,
        check=False,
    )
    if process.returncode:
        sys.exit(process.returncode)
    return process.stdout or ""


def _registry(region: str) -> str:
    """Deploy the stack of the image repository. Returns the repository's URI."""
    place = (f"--stack-name={_REGISTRY}", f"--region={region}", "--config-env=registry")
    template = f"--template-file={REPOSITORY / 'scripts/registry.yaml'}"
    _sam("deploy", *place, template, "--no-fail-on-empty-changeset", capture=True)
    (output,) = json.loads(_sam("list", "stack-outputs", *place, "--output=json", capture=True))
    uri: str = output["OutputValue"]
    return uri


def _delete_old_versions(session: Any, stack: str) -> None:  # noqa: ANN401 - made at run time
    pages = session.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::Lambda::Alias":
                arn: str = resource["PhysicalResourceId"]
                function = arn.removesuffix(f":{_ALIAS}").rpartition(":")[2]
                _delete_versions_of(session.client("lambda"), function)


def _delete_versions_of(client: Any, function: str) -> None:  # noqa: ANN401 - made at run time
    alias = client.get_alias(FunctionName=function, Name=_ALIAS)
    serving = {alias["FunctionVersion"], *_weights(alias)}
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    versions = [version["Version"] for page in pages for version in page["Versions"]]
    published = sorted((version for version in versions if version != "$LATEST"), key=int)
    for version in published[:-_KEPT_VERSIONS]:
        if version not in serving:
            client.delete_function(FunctionName=function, Qualifier=version)
            print(f"deleted version {version} of {function}")


def _weights(alias: dict[str, Any]) -> dict[str, float]:
    """Other versions that get a part of the traffic, while a canary deployment is under way."""
    weights: dict[str, float] = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return weights


if __name__ == "__main__":
    main()
