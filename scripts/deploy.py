"""Deploy with SAM: a registry of its own first, then the stack, then old versions are deleted.

Asks its questions the first time and keeps the answers in samconfig.toml. What else is given goes
to `sam deploy`. Example: make deploy REGION=eu-west-1 ARGS='--parameter-overrides Callers=iam'
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

_ROOT = Path(__file__).parents[1]
_CONFIG = _ROOT / "samconfig.toml"
_BUILT = _ROOT / ".aws-sam/build/template.yaml"
_REGISTRY = "tensorflow-lambda-api-images"
_ALIAS = "live"
# What a version is made with. SAM publishes one when the template or the image changes, but it does
# not see values of parameters; so these stand in the template that is deployed.
_OF_A_VERSION = ("Architecture", "ColdStart", "KmsKeyArn", "MemorySize")
_KEPT_VERSIONS = 2  # the one that serves, and one to go back to; a snapshot costs while it waits


def main() -> None:
    """Exit with SAM's own status where it fails."""
    arguments, of_sam = _arguments()
    template = Path(arguments.template_file)
    if not template.exists():
        sys.exit(f"there is no {template}: run `make build` first")
    region = arguments.region or (_answers("global") | _answers("deploy"))["region"]
    if boto3.Session().get_credentials() is None:
        sys.exit("no credentials of AWS: `aws configure sso`, or set AWS_ACCESS_KEY_ID and so on")
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
    variables["MADE_WITH"] = " ".join(
        chosen.get(name) or str(content["Parameters"][name]["Default"]) for name in _OF_A_VERSION
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
        *of_sam,
    )
    try:
        _delete_old_versions(
            boto3.Session(region_name=region), stack or _answers("deploy")["stack_name"]
        )
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"the stack is deployed, but old versions were not deleted: {error}")


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--region", help="of AWS; by default samconfig.toml's")
    parser.add_argument("--stack-name", help="by default samconfig.toml's; asked if there is none")
    parser.add_argument("--template-file", default=str(_BUILT), help="what `sam build` made")
    parser.add_argument("--parameter-overrides", nargs="*", help="Name=value …, of template.yaml")
    return parser.parse_known_args()


def _answers(command: str) -> dict[str, Any]:
    """What samconfig.toml says of a command."""
    configured = tomllib.loads(_CONFIG.read_text())["default"]
    answers: dict[str, Any] = configured.get(command, {}).get("parameters", {})
    return answers


def _parameters(region: str, stack: str | None) -> dict[str, str]:
    """What the stack was deployed with; nothing if there is none yet."""
    client = boto3.client("cloudformation", region_name=region)
    try:
        (found,) = client.describe_stacks(StackName=stack or "")["Stacks"]
    except (BotoCoreError, ClientError):
        return {}
    return {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}


def _sam(*words: str, capture: bool = False) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("sam"), *words],
        stdout=subprocess.PIPE if capture else None,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout or ""


def _registry(region: str) -> str:
    """The repository's URI. Its tags cannot be changed, and its oldest images expire."""
    place = (f"--stack-name={_REGISTRY}", f"--region={region}", "--config-env=registry")
    template = f"--template-file={_ROOT / 'scripts/registry.yaml'}"
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
    """What a canary deployment, still under way, gives a part of the traffic."""
    weights: dict[str, float] = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return weights


if __name__ == "__main__":
    main()
