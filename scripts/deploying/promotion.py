"""An image of one registry in another, with the same digest.

Docker may pack layers anew, and then the digest is another. So the manifest and the layers are
copied byte for byte.

Source: Open Container Initiative, "Distribution Specification" 1.1; ECR speaks it.
"""

import base64
import hashlib
import json
import tempfile
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import urljoin

from scripts.deploying.image import tag_of
from scripts.deploying.registry import Registry

_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)
_PIECE = 1024 * 1024  # bytes
_PATIENCE = 300  # seconds without a byte


class CopyError(Exception):
    """An image could not be copied. The text says what was found."""


def copy_image(digest: str, source: Registry, target: Registry) -> str:
    """Copy the image with this digest. Returns ``repository@sha256:…`` in the target.

    Raises :class:`CopyError` if a registry refuses, or if content does not have its digest.
    """
    there, here = _Repository(source), _Repository(target)
    manifest, kind = there.manifest(digest)
    if f"sha256:{hashlib.sha256(manifest).hexdigest()}" != digest:
        raise CopyError(f"the manifest of {digest} in {source.uri} is another one")
    content = json.loads(manifest)
    tag = tag_of(content["config"]["digest"])
    if target.digest_of(tag) == digest:
        print(f"{target.uri}:{tag} is already there", flush=True)
        return f"{target.uri}@{digest}"
    for blob in (content["config"], *content["layers"]):
        if not here.has(blob["digest"]):
            print(f"copying {blob['size'] / 1e6:.1f} MB of {blob['digest'][:19]} …", flush=True)
            with tempfile.TemporaryFile() as file:
                there.download(blob["digest"], file)
                here.upload(blob["digest"], file)
    here.put_manifest(tag, manifest, kind)
    return f"{target.uri}@{digest}"


class _Repository:
    """The protocol of one repository. Loopback addresses are asked without TLS, as Docker does."""

    def __init__(self, registry: Registry) -> None:
        host, _, name = registry.uri.partition("/")
        scheme = "http" if host.startswith(("127.", "localhost")) else "https"
        self._base = f"{scheme}://{host}/v2/{name}/"
        credentials = ":".join(registry.credentials()).encode()
        self._authorization = f"Basic {base64.b64encode(credentials).decode()}"

    def manifest(self, digest: str) -> tuple[bytes, str]:
        """The manifest's bytes and its media type."""
        answer = self._ask("GET", f"manifests/{digest}", headers={"Accept": ",".join(_MANIFESTS)})
        with answer:
            return answer.read(), answer.headers["Content-Type"]

    def has(self, digest: str) -> bool:
        """True if the blob is there."""
        try:
            self._ask("HEAD", f"blobs/{digest}").close()
        except CopyError as error:
            if isinstance(error.__cause__, urllib.error.HTTPError) and (
                error.__cause__.code == HTTPStatus.NOT_FOUND
            ):
                return False
            raise
        return True

    def download(self, digest: str, file: IO[bytes]) -> None:
        """Write a blob to a file, and check its digest."""
        found = hashlib.sha256()
        with self._ask("GET", f"blobs/{digest}") as answer:
            while piece := answer.read(_PIECE):
                found.update(piece)
                file.write(piece)
        if f"sha256:{found.hexdigest()}" != digest:
            raise CopyError(f"{digest} arrived with other content; try again")

    def upload(self, digest: str, file: IO[bytes]) -> None:
        """Send a blob that a file holds."""
        size = file.tell()
        file.seek(0)
        with self._ask("POST", "blobs/uploads/", data=b"") as answer:
            place = urljoin(self._base, answer.headers["Location"])
        sent = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        with self._ask("PATCH", place, data=file, headers=sent) as answer:
            place = urljoin(self._base, answer.headers.get("Location", place))
        separator = "&" if "?" in place else "?"
        self._ask("PUT", f"{place}{separator}digest={digest}", data=b"").close()

    def put_manifest(self, tag: str, manifest: bytes, kind: str) -> None:
        """Make the image complete, under a tag."""
        self._ask("PUT", f"manifests/{tag}", data=manifest, headers={"Content-Type": kind}).close()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        data: Any = None,  # noqa: ANN401 - bytes or a file
        headers: dict[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - urllib's response
        request = urllib.request.Request(  # noqa: S310 - an address of the registry
            urljoin(self._base, path), data=data, headers=headers or {}, method=method
        )
        # ECR redirects to S3, which refuses requests that have this header.
        request.add_unredirected_header("Authorization", self._authorization)
        try:
            return urllib.request.urlopen(request, timeout=_PATIENCE)  # noqa: S310
        except urllib.error.HTTPError as error:
            said = error.read()[:300].decode(errors="replace")
            where = request.host + request.selector.partition("?")[0]
            raise CopyError(f"{method} {where} answered {error.code}: {said}") from error
        except urllib.error.URLError as error:
            raise CopyError(f"{request.host} cannot be reached: {error.reason}") from error
