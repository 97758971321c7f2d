"""States of an account before a deployment, and what SAM does to them."""

from collections.abc import Callable

from tests.integration.scripts.deploying.account import Account, Function, Sam, StackState

REGISTRY = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/models-dev-images"
TAG = f"sha256-{'c' * 12}"  # of the image that the stub of Docker has
DIGEST = f"sha256:{'d' * 64}"
IMAGE = f"{REGISTRY}@{DIGEST}"


def image(digit: str, minute: int = 0, tag: str | None = None) -> dict[str, object]:
    """An image as ECR describes it. ``digit`` makes its digest."""
    return {
        "imageDigest": f"sha256:{digit * 64}",
        "imageTags": [tag or f"sha256-{digit * 12}"],
        "imagePushedAt": 1_700_000_000 + 60 * minute,
        "imageManifestMediaType": "application/vnd.docker.distribution.manifest.v2+json",
    }


def deployed(
    account: Account, stack: str = "models-dev", versions: str = "45", live: str = "5"
) -> Function:
    """A stack with these versions of the API's function, each of another image."""
    images = {digit: f"{REGISTRY}@sha256:{digit * 64}" for digit in versions}
    function = Function(images=images, live=live)
    outputs = {"Url": "https://api.example.com"}
    account.stacks[stack] = StackState(functions={"ApiFunction": function}, outputs=outputs)
    account.stacks[f"{stack}-images"] = StackState(outputs={"Uri": REGISTRY})
    account.images = [image(digit) for digit in versions] + [image("d", tag=TAG)]
    return function


def publishing(function: Function, version: str, *, fails: bool = False) -> Callable[[Sam], int]:
    """What `sam deploy` does: it publishes a version, and moves the alias unless that fails."""

    def deploy(call: Sam) -> int:
        if not call.stack.endswith("-images"):
            uri = call.template["Resources"]["ApiFunction"]["Properties"]["ImageUri"]
            function.images[version] = uri
            if fails:
                return 3
            function.live = version
            variables = call.template["Globals"]["Function"]["Environment"]["Variables"]
            function.variables = {name: str(value) for name, value in variables.items()}
        return 0

    return deploy


def new_stack(account: Account, stack: str) -> Callable[[Sam], int]:
    """What `sam deploy` does where nothing is there yet."""

    def deploy(call: Sam) -> int:
        if call.stack.endswith("-images"):
            account.stacks[call.stack] = StackState(outputs={"Uri": REGISTRY})
            account.images = [image("d", tag=TAG)]
        else:
            deployed(account, stack, versions="1", live="1")
            arn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:key"
            account.stacks[stack].outputs["ApiKeyArn"] = arn
        return 0

    return deploy
