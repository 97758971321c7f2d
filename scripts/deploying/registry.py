"""The image registry of a stack: a repository in ECR, in a stack of its own.

Images are pushed once, under a tag that their content gives. Functions get them by digest.
"""

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from scripts.deploying.image import BuiltImage
from scripts.deploying.sam import deploy_stack
from scripts.deploying.stack import Stack

_KEPT_UNUSED = 5  # images
_LARGEST_DELETION = 100  # images of one request
# Lambda runs one image, and no list of images for several processors.
_LISTS = ("manifest.list", "image.index")


class Registry:
    """One repository. ``uri`` is ``ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME``."""

    def __init__(self, session: Any, uri: str) -> None:  # noqa: ANN401 - boto3 has no types
        self.uri = uri
        self.name = uri.partition("/")[2]
        self._ecr = session.client("ecr")

    @classmethod
    def deploy(cls, session: Any, stack: str, template: Path) -> "Registry":  # noqa: ANN401
        """Create the registry's stack where it is missing, and update it where it is old."""
        registry = Stack(session, stack)
        registry.require_deployable()
        options = ["--no-confirm-changeset", f"--region={session.region_name}"]
        deploy_stack(template, stack, {}, options)
        return cls(session, registry.outputs()["Uri"])

    def digest_of(self, tag: str) -> str | None:
        """The digest of a tag's image, or None. Exits with a sentence if Lambda cannot run it."""
        try:
            answer = self._ecr.describe_images(
                repositoryName=self.name, imageIds=[{"imageTag": tag}]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ImageNotFoundException":
                return None
            raise
        if not answer["imageDetails"]:
            return None
        (image,) = answer["imageDetails"]
        kind = image.get("imageManifestMediaType", "")
        if any(word in kind for word in _LISTS):
            sys.exit(
                f"{self.uri}:{tag} is a list of images ({kind}), which Lambda does not run. Build "
                "again with BUILDX_NO_DEFAULT_ATTESTATIONS=1"
            )
        digest: str = image["imageDigest"]
        return digest

    def push(self, image: BuiltImage) -> str:
        """Push a built image, unless it is there. Returns ``repository@sha256:…``."""
        tag = image.tag
        digest = self.digest_of(tag)
        if digest is None:
            target = f"{self.uri}:{tag}"
            print(f"pushing {target} …", flush=True)
            _docker("tag", image.name, target)
            with self._logged_in():
                progress = [] if sys.stdout.isatty() else ["--quiet"]
                failure = _docker("push", *progress, target, may_fail=True)
            digest = self.digest_of(tag)  # another push of the same content may have been faster
            if digest is None:
                sys.exit(f"the image could not be pushed to {self.uri}: {failure}")
        else:
            print(f"{self.uri}:{tag} is already there", flush=True)
        return f"{self.uri}@{digest}"

    def credentials(self) -> tuple[str, str]:
        """The name and the password for the registry's own protocol. They last 12 hours."""
        (data,) = self._ecr.get_authorization_token()["authorizationData"]
        name, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        return name, password

    def delete_unused(self, used: set[str]) -> None:
        """Delete images whose digests are not in ``used``, except the newest five of them."""
        pages = self._ecr.get_paginator("describe_images").paginate(repositoryName=self.name)
        images = [image for page in pages for image in page["imageDetails"]]
        unused = [image for image in images if image["imageDigest"] not in used]
        unused.sort(key=lambda image: image["imagePushedAt"], reverse=True)
        digests = [image["imageDigest"] for image in unused[_KEPT_UNUSED:]]
        for start in range(0, len(digests), _LARGEST_DELETION):
            part = digests[start : start + _LARGEST_DELETION]
            self._ecr.batch_delete_image(
                repositoryName=self.name, imageIds=[{"imageDigest": digest} for digest in part]
            )
            print(f"deleted {len(part)} images that no function uses")

    @contextmanager
    def _logged_in(self) -> Iterator[None]:
        """Docker with the registry's password, which is not kept afterwards."""
        host = urlsplit(f"//{self.uri}").netloc
        name, password = self.credentials()
        _docker("login", "--username", name, "--password-stdin", host, secret=password)
        try:
            yield
        finally:
            _docker("logout", host, may_fail=True)


def _docker(*words: str, secret: str | None = None, may_fail: bool = False) -> str:
    """Run `docker`. Returns the end of what it said if it failed, or exits with that."""
    process = subprocess.run(
        ["docker", *words],  # noqa: S607 - the user's own Docker
        input=secret,
        capture_output=secret is not None or words[0] == "logout",
        stderr=None if secret is not None or words[0] == "logout" else subprocess.PIPE,
        text=True,
        check=False,
    )
    if process.returncode == 0:
        return ""
    failure = (process.stderr or "").strip()[-500:] or f"status {process.returncode}"
    if not may_fail:
        sys.exit(f"`docker {words[0]}` failed: {failure}")
    return failure
