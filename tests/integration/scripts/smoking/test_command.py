"""`make smoke` as an operator types it."""

import subprocess
import sys

from tests.processes import REPOSITORY


def test_without_an_address_it_answers_before_anything_is_installed() -> None:
    make = ["make", "smoke", "URL="]
    done = subprocess.run(make, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 2
    assert "URL= is missing: make smoke URL=http" in done.stderr
    assert "setting up" not in done.stderr


def test_the_command_prints_the_table(server: str) -> None:
    command = [sys.executable, "-m", "scripts.smoke", server, "--models-dir=tests/models"]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ".:layers", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("model  engine  requests  rows  worst difference  result\niris ")
    assert done.stderr == ""
