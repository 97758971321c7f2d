"""The image as an ordinary HTTP server: ``docker run -p 80:8080``."""

import json
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import REPOSITORY, fetch, free_port, running, wait_until_answering

TAG = "apifunction:latest"
MAX_BYTES = 350_000_000
# What Lambda gives a function and no more: no root, nothing writable but /tmp, little memory.
HARDENED = (
    "--read-only --tmpfs /tmp:size=16m,mode=1777,noexec --user 993:990 -m 512m --memory-swap 512m "
    "--cap-drop ALL --security-opt no-new-privileges"
).split()


@pytest.fixture(scope="session", autouse=True)
def image(docker: None) -> str:
    """Built by ``make build``, which is ``sam build``."""
    build = subprocess.run(["make", "build"], cwd=REPOSITORY, capture_output=True, text=True)
    assert build.returncode == 0, build.stdout[-2000:] + build.stderr[-4000:]
    return TAG


@contextmanager
def container(log: Path, *options: str) -> Iterator[str]:
    port = free_port()
    command = ["docker", "run", "--rm", "--init", *options, "-p", f"127.0.0.1:{port}:8080", TAG]
    with running(command, log) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("options", [[], HARDENED], ids=["plain", "hardened"])
def test_it_serves_over_http_and_never_as_root(tmp_path: Path, options: list[str]) -> None:
    name = f"pet-names-{uuid.uuid4()}"
    with container(tmp_path / "log", f"--name={name}", *options) as url:
        assert len(json.loads(fetch(f"{url}/names"))) == 20
        assert b"<li>" in fetch(f"{url}/")
        assert json.loads(fetch(f"{url}/health"))["models"][0]["engine"] == "litert"
        users = output_of("docker", "top", name, "-eo", "uid,pid,args").splitlines()
        servers = [line.split()[0] for line in users if "-m uvicorn" in line]
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
    assert int(inspect(".Size")) <= MAX_BYTES
    assert inspect('index .Config.Labels "com.amazonaws.lambda.feature.snapstart"') == "Allow"


def test_it_holds_nothing_that_serving_does_not_need() -> None:
    programs = inside("sh", "-c", "command -v python3 pip pip3 gcc make curl; exit 0")
    assert programs.split() == ["/usr/bin/python3"]
    packages = set(inside("ls", "/opt/packages").split())
    assert "fastapi" in packages
    assert not {"pip", "tensorflow", "keras", "pandas", "pytest"} & packages
    files = inside("find", "/var/task/model", "-type", "f").split()
    assert {file.rsplit("/", 1)[1] for file in files} == {
        "card.html",
        "golden.npz",
        "known_names.txt.gz",
        "learning_curve.png",
        "metadata.json",
        "model.tflite",
    }


def test_it_is_byte_compiled() -> None:
    missing = inside(
        "sh",
        "-c",
        "cd /; for file in $(find opt/python opt/packages/fastapi var/task -name '*.py'); do "
        "ls $(dirname $file)/__pycache__/$(basename $file .py).*.pyc >/dev/null || echo $file; "
        "done",
    )
    assert not missing
