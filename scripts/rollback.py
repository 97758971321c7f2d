"""Serve an earlier version again, by an update of the stack.

The update gives every function the image of the earlier version, and the parameters that this
version was made with. It moves all traffic at once, so that a ringing alarm does not stop it.

Do not move the alias with `aws lambda update-alias` instead. CloudFormation and CodeDeploy remember
the version that they set, and the next deployment would fail because the alias names another one.

Example: make rollback ENV=prod
"""

import sys

import click
from botocore.exceptions import BotoCoreError, ClientError

from scripts.command import parser
from scripts.deploy import add_environment, choose_environment
from scripts.deploying.account import open_session, use
from scripts.deploying.sam import deploy_stack
from scripts.deploying.stack import Stack
from scripts.deploying.template import SERVES_AGAIN, made_with, read_template, write_deployable
from scripts.servers import REPOSITORY


def main() -> None:
    """Roll back. Exit with SAM's own status where SAM fails."""
    options = parser(__doc__)
    add_environment(options)
    options.add_argument("--to-version", help="by default the newest one before the serving one")
    options.add_argument("--yes", action="store_true", help="do not ask")
    arguments, sam_options = options.parse_known_args()
    environment = choose_environment(arguments)
    region = arguments.region or environment.region
    if region is None:
        sys.exit(
            f"the environment {environment.name} is not deployed: samconfig.toml has no region"
        )
    session = open_session(environment.profile, region)
    use(environment.profile, region)
    try:
        stack = Stack(session, environment.stack)
        stack.require_deployable()
        _roll_back(stack, arguments.to_version, sam_options, ask=not arguments.yes)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"the rollback failed: {error}")


def _roll_back(stack: Stack, version: str | None, sam_options: list[str], *, ask: bool) -> None:
    if stack.describe() is None:
        sys.exit(f"there is no stack {stack.name}")
    function = stack.api_function()
    serving = stack.serving()[function]
    version = version or _version_before(stack, function, serving)
    if version not in stack.versions(function):
        sys.exit(
            f"{function} has no version {version}: it has {', '.join(stack.versions(function))}"
        )
    image = stack.image_of(function, version)
    parameters = made_with(stack.variables_of(function, version))
    print(f"version {serving} of {function} serves, with {stack.image_of(function, serving)}")
    print(f"back to version {version}: {image}, {parameters}", flush=True)
    if ask and sys.stdin.isatty() and not click.confirm("roll back?", default=True):
        sys.exit("nothing was changed")
    rolled_back = REPOSITORY / f".aws-sam/rolled-back-{stack.name}.yaml"
    template = read_template(stack.template())
    write_deployable(template, image, stack.parameters() | parameters, rolled_back, version)
    deploy_stack(
        rolled_back,
        stack.name,
        parameters | {"Deployment": "AllAtOnce"},
        [f"--image-repository={image.partition('@')[0]}", "--no-confirm-changeset", *sam_options],
    )
    print(f"version {stack.serving()[function]} serves, with the image of version {version}")
    print("mend the fault before the next `make deploy`, which would bring it back")


def _version_before(stack: Stack, function: str, serving: str) -> str:
    """The newest version that is older than the serving one.

    If the serving one repeats an earlier version, then older than that one: a second rollback must
    not bring back what the first one removed.
    """
    oldest = int(stack.variables_of(function, serving).get(SERVES_AGAIN, serving))
    older = [version for version in stack.versions(function) if int(version) < oldest]
    if not older:
        sys.exit(f"{function} has no version before {serving}: there is nothing to roll back to")
    return older[-1]


if __name__ == "__main__":
    main()
