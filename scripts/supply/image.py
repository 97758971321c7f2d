"""Read files out of an image without running it, so that its processor does not matter."""

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# What names a package in the image.
PYTHON = re.compile(r"opt/(packages|tensorflow)/[^/]+\.dist-info/METADATA")
DPKG = "var/lib/dpkg/status"
RELEASE = "usr/lib/os-release"
COPYRIGHT = re.compile(r"usr/share/doc/([^/]+)/copyright")
MODEL = re.compile(r"var/task/model/[^/]+/metadata\.json")


@dataclass(frozen=True)
class Image:
    """An image of the Docker engine: what it says of itself, and files by their path."""

    name: str
    digest: str  # SHA-256 of its configuration, which names all layers
    created: str
    architecture: str
    labels: dict[str, str]
    files: dict[str, str]


def read_image(name: str) -> Image:
    """Read what names a package. Raises ``SystemExit`` where there is no such image."""
    found = _docker("image", "inspect", name)
    if found.returncode:
        raise SystemExit(f"there is no image {name}: {found.stderr.decode().strip()}; make build")
    described: dict[str, Any] = json.loads(found.stdout)[0]
    with _exported(described["Id"]) as archive:
        files = {
            member.name: content.read().decode(errors="replace")
            for member in archive
            if _is_wanted(member.name) and (content := archive.extractfile(member))
        }
    return Image(
        name=name,
        digest=described["Id"].removeprefix("sha256:"),
        created=described["Created"],
        architecture=described["Architecture"],
        labels=described["Config"]["Labels"] or {},
        files=files,
    )


def _is_wanted(path: str) -> bool:
    names = (PYTHON, COPYRIGHT, MODEL)
    return path in (DPKG, RELEASE) or any(name.fullmatch(path) for name in names)


@contextmanager
def _exported(image: str) -> Iterator[tarfile.TarFile]:
    """All files of the image as a stream, from a container that is never started."""
    created = _docker("create", image)
    if created.returncode:
        raise SystemExit(f"docker create: {created.stderr.decode().strip()}")
    container = created.stdout.decode().strip()
    try:
        with (
            subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export,  # noqa: S607
            tarfile.open(fileobj=export.stdout, mode="r|") as archive,
        ):
            yield archive
    finally:
        _docker("rm", container)


def _docker(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["docker", *arguments], check=False, capture_output=True)  # noqa: S607
