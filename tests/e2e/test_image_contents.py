"""What the image says of itself, and that one commit always makes the same one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.e2e.test_image import inside, inspect
from tests.processes import REPOSITORY, copy_repository


def test_it_is_labelled_with_the_commit_where_git_knows_it() -> None:
    labels = json.loads(inspect("json .Config.Labels"))
    name = "org.opencontainers.image"
    assert labels[f"{name}.licenses"] == "Apache-2.0"
    assert labels[f"{name}.title"]
    if (REPOSITORY / ".git").exists() and shutil.which("git"):
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=REPOSITORY, check=True, capture_output=True, text=True
        ).stdout.strip()
        assert labels[f"{name}.revision"].removesuffix("-modified") == head


def test_the_document_lists_what_is_installed(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    subprocess.run(
        [REPOSITORY / ".venv-supply/bin/python", "-m", "scripts.sbom", f"--output={file}"],
        cwd=REPOSITORY,
        check=True,
    )  # it fails where the document does not fit CycloneDX's schema
    first = file.read_text()
    document = json.loads(first)
    urls = {component.get("purl", "") for component in document["components"]}
    installed = inside(
        "dpkg-query", "--show", "--showformat=${Package}@${Version}?arch=${Architecture}\\n"
    )
    expected = {f"pkg:deb/debian/{line}&distro=debian-13" for line in installed.splitlines()}
    listed = {url.replace("%2B", "+").replace("%3A", ":") for url in urls}
    assert expected == {url for url in listed if url.startswith("pkg:deb/")}
    distributions = inside(
        "sh", "-c", "ls -d /opt/packages/*.dist-info /opt/tensorflow/*.dist-info 2>/dev/null; true"
    )
    assert len(distributions.split()) == sum(url.startswith("pkg:pypi/") for url in urls)
    digest = document["metadata"]["component"]["hashes"][0]["content"]
    assert f"sha256:{digest}" == inspect(".Id")
    assert [each for each in document["components"] if each["type"] == "machine-learning-model"]
    assert all("licenses" in each for each in document["components"] if "pypi" in each["bom-ref"])


def test_two_builds_of_one_commit_have_the_same_layers(tmp_path: Path) -> None:
    """In another clone, with other times and another umask, and nothing from the cache."""
    copy_repository(tmp_path)
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
        os.utime(path, (0, 0))
    tag = "apifunction:built-again"
    try:
        subprocess.run(
            ["docker", "build", "--no-cache", "--file=functions/Dockerfile", f"--tag={tag}", "."],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        done = subprocess.run(
            [sys.executable, "-m", "scripts.compare_images", "apifunction:latest", tag],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
        )
    finally:
        subprocess.run(["docker", "image", "rm", tag], capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
