"""The image that `sam build` made, as Docker knows it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

_NAME = "apifunction:latest"
_PROCESSORS = {"amd64": "x86_64", "arm64": "arm64"}  # Docker's names and Lambda's


def tag_of(config_digest: str) -> str:
    """A tag that the image's content gives.

    >>> tag_of(f"sha256:{'ab' * 32}")
    'sha256-abababababab'
    """
    algorithm, _, digest = config_digest.partition(":")
    return f"{algorithm}-{digest[:12]}"


@dataclass(frozen=True)
class BuiltImage:
    """A local image. Every function of the stack is a command of it."""

    name: str
    identity: str  # `sha256:…` of the image's configuration
    architecture: str  # as Lambda names it

    @property
    def tag(self) -> str:
        """The tag under which the image is pushed."""
        return tag_of(self.identity)


def built_image(architecture: str, name: str = _NAME) -> BuiltImage:
    """The built image. Exits with a sentence if there is none for this processor."""
    process = subprocess.run(
        ["docker", "image", "inspect", name],  # noqa: S607 - the user's own Docker
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        sys.exit(f"there is no image {name}: run `make build`. Docker said: {process.stderr}")
    (inspected,) = json.loads(process.stdout)
    image = _image(name, inspected)
    if image.architecture != architecture:
        sys.exit(
            f"the image {name} is for {image.architecture}, and the stack is for {architecture}. "
            f"Run `make build ARCH={architecture}`, or deploy with ARCH={image.architecture}"
        )
    return image


def _image(name: str, inspected: dict[str, Any]) -> BuiltImage:
    processor = inspected["Architecture"]
    return BuiltImage(name, inspected["Id"], _PROCESSORS.get(processor, processor))
