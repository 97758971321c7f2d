"""The image as an ordinary HTTP server: ``docker run -p 80:8080``."""

import json
import subprocess
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
def test_it_serves_over_http(tmp_path: Path, options: list[str]) -> None:
    with container(tmp_path / "log", *options) as url:
        assert len(json.loads(fetch(f"{url}/names"))) == 20
        assert b"<li>" in fetch(f"{url}/")
        assert json.loads(fetch(f"{url}/health"))["models"][0]["engine"] == "litert"


def inside(*command: str) -> str:
    run = subprocess.run(
        ["docker", "run", "--rm", "--entrypoint", command[0], TAG, *command[1:]],
        check=True,
        capture_output=True,
        text=True,
    )
    return run.stdout


def inspect(field: str) -> str:
    run = subprocess.run(
        ["docker", "image", "inspect", "--format", f"{{{{{field}}}}}", TAG],
        check=True,
        capture_output=True,
        text=True,
    )
    return run.stdout.strip()


def test_it_is_small_labelled_and_not_roots() -> None:
    assert int(inspect(".Size")) <= MAX_BYTES
    assert inspect('index .Config.Labels "com.amazonaws.lambda.feature.snapstart"') == "Allow"
    assert inside("id", "-u").strip() not in {"", "0"}


def test_it_holds_nothing_that_serving_does_not_need() -> None:
    found = inside("sh", "-c", "command -v pip pip3 gcc make curl; ls /opt/packages; ls /root")
    assert not {"pip", "gcc", "tensorflow", "keras", "pytest"} & set(
        found.replace("/usr/bin/", "").split()
    )
    assert not inside("sh", "-c", "find / -xdev -name '*.keras' 2>/dev/null; exit 0").strip()


def test_it_is_byte_compiled() -> None:
    code = "import functions.api.app as app; print(app.__cached__, app.__spec__.cached)"
    inside("python3", "-c", code)
    missing = inside(
        "sh",
        "-c",
        "cd /opt/packages/fastapi && for f in *.py; do "
        "ls __pycache__/${f%.py}.*.pyc >/dev/null 2>&1 || echo $f; done",
    )
    assert not missing
