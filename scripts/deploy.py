"""Deploy an environment with SAM: its image registry, the image, the stack.

The first deployment of an environment asks its questions and keeps the answers in samconfig.toml.
Options that are not listed here are passed to `sam deploy`.

Examples:
  make deploy                                  the environment dev
  make deploy ENV=prod FROM=staging            the very image that runs in staging
  make deploy ENV=prod CHANGESET=1             shows what would change, and asks
  make deploy ENV=prod FORCE=1                 past a ringing alarm
  make deploy ARGS='--parameter-overrides Callers=open'

"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.command import parser
from scripts.deploying import questions
from scripts.deploying.account import open_session, use
from scripts.deploying.environment import (
    Environment,
    check_stack_name,
    parse_overrides,
    read_environment,
)
from scripts.deploying.image import built_image
from scripts.deploying.promotion import CopyError, copy_image
from scripts.deploying.registry import Registry
from scripts.deploying.sam import deploy_stack
from scripts.deploying.stack import Stack
from scripts.deploying.template import (
    defaults,
    read_template,
    require_known,
    value_of,
    write_deployable,
)
from scripts.deploying.versions import delete_unused
from scripts.servers import REPOSITORY

_BUILT = REPOSITORY / ".aws-sam"
_API = "ApiFunction"


def main() -> None:
    """Deploy. Exit with SAM's own status where SAM fails."""
    arguments, sam_options = _arguments()
    try:
        _deploy(arguments, sam_options)
    except (BotoCoreError, ClientError, CopyError) as error:
        sys.exit(f"the deployment failed: {error}")


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    options = parser(__doc__)
    add_environment(options)
    options.add_argument("--from-env", help="deploy the image that runs in this environment")
    options.add_argument("--architecture", choices=["x86_64", "arm64"], help="the processor")
    options.add_argument("--force", action="store_true", help="no alarm stops the deployment")
    options.add_argument("--changeset", action="store_true", help="show the changes, and ask")
    options.add_argument("--parameter-overrides", nargs="*", default=[], metavar="Name=value")
    options.add_argument(
        "--template-file", type=Path, default=REPOSITORY / "template.yaml", help="of the stack"
    )
    options.add_argument(
        "--registry-template",
        type=Path,
        default=REPOSITORY / "scripts/registry.yaml",
        help="of the image registry's stack",
    )
    options.add_argument(
        "--no-build", action="store_true", help="deploy the image that is already built"
    )
    arguments, sam_options = options.parse_known_args()
    if "--guided" in sam_options or "-g" in sam_options:
        sys.exit(
            "--guided is not needed: the first deployment asks. Later, edit samconfig.toml, or "
            "use ARGS='--parameter-overrides Name=value'"
        )
    return arguments, sam_options


def add_environment(options: argparse.ArgumentParser) -> None:
    """The options that choose an environment and an account."""
    options.add_argument("--config-env", default="dev", help="the environment (default: dev)")
    options.add_argument("--config-file", type=Path, default=REPOSITORY / "samconfig.toml")
    options.add_argument("--region", help="the AWS region")
    options.add_argument("--profile", help="a profile of the AWS configuration")
    options.add_argument("--stack-name", help="another stack than the environment's")


def choose_environment(arguments: argparse.Namespace) -> Environment:
    """The environment of the options, which win over samconfig.toml."""
    environment = read_environment(arguments.config_file.resolve(), arguments.config_env)
    environment.profile = arguments.profile or environment.profile
    environment.stack = arguments.stack_name or environment.stack
    check_stack_name(environment.stack)
    return environment


def _deploy(arguments: argparse.Namespace, sam_options: list[str]) -> None:
    template = read_template(arguments.template_file.read_text(encoding="utf-8"))
    environment = choose_environment(arguments)
    once = parse_overrides(arguments.parameter_overrides)
    if arguments.architecture:
        once["Architecture"] = arguments.architecture
    if arguments.force:
        once["Deployment"] = "AllAtOnce"  # alarms stand only on a gradual deployment
    require_known(template, environment.parameters | once)
    if arguments.from_env == environment.name:
        sys.exit(f"FROM and ENV are both {environment.name}: an image is taken from another one")
    region = arguments.region or environment.region
    session = open_session(environment.profile, region or questions.default_region())
    if environment.region is None:
        environment.parameters |= parse_overrides(arguments.parameter_overrides)
        questions.ask(environment, region)
        region = environment.region
        session = open_session(environment.profile, str(region))
    use(environment.profile, str(region))
    stack = Stack(session, environment.stack)
    stack.require_deployable()
    # Every value is passed on. CloudFormation would otherwise keep the value of one deployment, as
    # that of FORCE=1, for all that follow.
    chosen = defaults(template) | environment.parameters | once
    architecture = value_of(template, chosen, "Architecture")
    registry, image = _provide_image(arguments, environment, session, architecture)
    deployable = _BUILT / f"deployed-{environment.name}.yaml"
    write_deployable(template, image, chosen, deployable)
    served_before = stack.serving()
    print(f"deploying {environment.stack} …", flush=True)
    deploy_stack(
        deployable,
        environment.stack,
        chosen,
        [
            f"--config-file={environment.config}",
            f"--config-env={environment.name}",
            f"--region={region}",
            f"--image-repository={registry.uri}",
            "--confirm-changeset" if arguments.changeset else "--no-confirm-changeset",
            *sam_options,
        ],
    )
    problems = delete_unused(session, stack, registry, served_before)
    _print_address(stack.outputs(), session.region_name, value_of(template, chosen, "Callers"))
    if problems:
        sys.exit("the stack is deployed, but this could not be deleted:\n" + "\n".join(problems))


def _provide_image(
    arguments: argparse.Namespace,
    environment: Environment,
    session: Any,  # noqa: ANN401 - boto3 has no types
    architecture: str,
) -> tuple[Registry, str]:
    """The environment's registry, and in it the image to deploy as ``repository@sha256:…``."""
    source_image = None
    if arguments.from_env:
        source_image = _running_image(arguments, architecture)
    elif not arguments.no_build:
        _build(architecture)
    registry = Registry.deploy(session, environment.registry_stack, arguments.registry_template)
    if source_image is None:
        return registry, registry.push(built_image(architecture))
    source_session, image = source_image
    uri, _, digest = image.partition("@")
    return registry, copy_image(digest, Registry(source_session, uri), registry)


def _running_image(arguments: argparse.Namespace, architecture: str) -> tuple[Any, str]:
    """The session of the other environment, and the image that its API runs."""
    source = read_environment(arguments.config_file.resolve(), arguments.from_env)
    if source.region is None:
        sys.exit(
            f"the environment {source.name} is not deployed yet: make deploy ENV={source.name}"
        )
    session = open_session(source.profile, source.region)
    stack = Stack(session, source.stack)
    if stack.describe() is None:
        sys.exit(f"the stack {source.stack} of {source.name} is not in {source.region}")
    function = stack.api_function()
    version = stack.serving()[function]
    image = stack.image_of(function, version)
    if "@" not in image:
        sys.exit(f"{function} runs {image}, which has no digest: make deploy ENV={source.name}")
    runs_on = stack.architecture_of(function, version)
    if runs_on != architecture:
        sys.exit(
            f"the image of {source.name} is for {runs_on}, and this stack is for {architecture}: "
            f"set Architecture to {runs_on}"
        )
    print(f"{source.name} runs {image} as version {version}", flush=True)
    return session, image


def _build(architecture: str) -> None:
    process = subprocess.run(
        ["make", "build", f"ARCH={architecture}"],  # noqa: S607 - of this repository
        cwd=REPOSITORY,
        check=False,
    )
    if process.returncode:
        sys.exit(process.returncode)


_CREDENTIALS = {  # options of curl that callers need
    "open": "",
    "api-key": '-H "x-api-key: $KEY" ',  # pragma: allowlist secret
    "jwt": '-H "Authorization: Bearer $TOKEN" ',
    "iam": "--aws-sigv4 aws:amz:{region}:execute-api "
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
    '-H "x-amz-security-token: $AWS_SESSION_TOKEN" ',
}


def _print_address(outputs: dict[str, str], region: str, callers: str) -> None:
    """Show how the API is called."""
    url = outputs["Url"]
    headers = _CREDENTIALS[callers].replace("{region}", region)
    print(f"\n{url}\n{url}/models shows every model")
    if secret := outputs.get("ApiKeyArn"):
        print("\nCallers need the key. Read it once, and send it with each request:\n")
        print(f"  KEY=$(aws secretsmanager get-secret-value --region {region} \\")
        print(f"    --secret-id {secret} --query SecretString --output text)")
    print(f"  curl {headers}{url}/health")
    for example in sorted((REPOSITORY / "model").glob("*/example.json")):
        name = example.parent.name
        file = example.relative_to(REPOSITORY)
        print(f"  curl {headers}-d @{file} {url}/v1/models/{name}:predict")


if __name__ == "__main__":
    main()
