"""The image as an ordinary HTTP server: ``docker run -p 80:8080``."""

import json
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.e2e.conftest import MODELS_OF_THE_IMAGE, TAG, Containers
from tests.processes import fetch

MAX_BYTES = 350_000_000
MAX_BYTES_WITH_TENSORFLOW = 1_300_000_000
# What Lambda gives a function and no more: no root, nothing writable but /tmp, little memory.
HARDENED = (
    "--read-only --tmpfs /tmp:size=16m,mode=1777,noexec --user 993:990 -m 512m --memory-swap 512m "
    "--cap-drop ALL --security-opt no-new-privileges"
).split()


@pytest.mark.parametrize("options", [[], HARDENED], ids=["plain", "hardened"])
def test_it_serves_over_http_and_never_as_root(
    containers: Containers, tmp_path: Path, options: list[str]
) -> None:
    name = f"models-{uuid.uuid4()}"
    with containers(tmp_path / "log", f"--name={name}", *options) as url:
        health = json.loads(fetch(f"{url}/health"))
        served = {model["name"]: model["engine"] for model in health["models"]}
        assert served == MODELS_OF_THE_IMAGE
        assert b"<h1>Models</h1>" in fetch(f"{url}/models")
        users = output_of("docker", "top", name, "-eo", "uid,pid,args").splitlines()
        servers = [line.split()[0] for line in users if "functions.api.server" in line]
        assert servers
        assert "0" not in servers


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def inside(*command: str) -> str:
    entrypoint, *arguments = command
    return output_of("docker", "run", "--rm", "--entrypoint", entrypoint, TAG, *arguments)


def inspect(field: str) -> str:
    return output_of("docker", "image", "inspect", "--format", f"{{{{{field}}}}}", TAG)


def test_it_is_small_and_labelled() -> None:
    needs_tensorflow = "tensorflow" in MODELS_OF_THE_IMAGE.values()
    allowed = MAX_BYTES_WITH_TENSORFLOW if needs_tensorflow else MAX_BYTES
    assert int(inspect(".Size")) <= allowed
    assert inspect('index .Config.Labels "com.amazonaws.lambda.feature.snapstart"') == "Allow"


def test_it_holds_nothing_that_serving_does_not_need() -> None:
    programs = inside("sh", "-c", "command -v python3 pip pip3 gcc make curl; exit 0")
    assert programs.split() == ["/usr/bin/python3"]
    packages = set(inside("ls", "/opt/packages").split())
    assert "fastapi" in packages
    assert not {"pip", "tensorflow", "keras", "pandas", "pytest"} & packages
    unserved = "*.py *.keras *.h5 *.md example.json".split()
    patterns = " -o ".join(f"-name '{pattern}'" for pattern in unserved)
    assert not inside("sh", "-c", rf"find /var/task/model -type f \( {patterns} \)")


def test_it_is_byte_compiled() -> None:
    missing = inside(
        "sh",
        "-c",
        "cd /; for file in $(find opt/python opt/packages/fastapi var/task -name '*.py'); do "
        "ls $(dirname $file)/__pycache__/$(basename $file .py).*.pyc >/dev/null || echo $file; "
        "done",
    )
    assert not missing
