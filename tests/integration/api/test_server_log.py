"""The log of the plain server: JSON lines on standard output, of the shape of Lambda's logs."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.processes import MODELS, REPOSITORY, fetch, free_port, wait_until_answering

SERVER = (sys.executable, "-m", "functions.api.server")
ENVIRONMENT = {"PYTHONPATH": ".:layers", "MODELS_DIR": str(MODELS)}


def log_of_a_run(folder: Path, *options: str, **settings: str) -> list[dict[str, Any]]:
    """Each line that a server logs from its start to its end, while it is asked all sorts."""
    port, output = free_port(), folder / "output"
    with output.open("wb") as opened, (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [*SERVER, f"--port={port}", *options],
            cwd=REPOSITORY,
            env=os.environ | ENVIRONMENT | settings,
            stdout=opened,
            stderr=errors,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_answering(f"{url}/health", process, output)
            with suppress(OSError):  # 404
                fetch(f"{url}/no%0Asuch%22page?api_key=secret")
            with suppress(OSError):  # 422
                fetch(f"{url}/v1/models/iris:predict", b"[secret")
            with closing(socket.create_connection(("127.0.0.1", port))) as connection:
                connection.sendall(b"no HTTP\r\n\r\n")
                connection.recv(1000)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
    return [json.loads(line) for line in output.read_text().splitlines()]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_every_line_is_json_of_one_shape(tmp_path: Path, workers: str) -> None:
    lines = log_of_a_run(tmp_path, UVICORN_WORKERS=workers)
    assert all({"level", "timestamp", "message", "service"} <= line.keys() for line in lines)
    assert "Application startup complete." in [line["message"] for line in lines]  # uvicorn's own
    assert set().union(*lines).isdisjoint({"color_message", "taskName"})


def test_each_request_is_a_line_without_what_may_be_secret(tmp_path: Path) -> None:
    lines = log_of_a_run(tmp_path)
    requests = [line for line in lines if line["message"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in requests] == [
        ("GET", "/health", 200),
        ("GET", '/no\nsuch"page', 404),
        ("POST", "/v1/models/iris:predict", 400),
    ]
    assert all(line["client"] == "127.0.0.1" for line in requests)
    assert all(0 < line["milliseconds"] < 60_000 for line in requests)
    assert "secret" not in json.dumps(lines)


def test_a_level_is_for_all_lines(tmp_path: Path) -> None:
    assert log_of_a_run(tmp_path, "--log-level=error") == []


FAILING = """
import sys
from functions.api import logs
sys.excepthook = logs.log_uncaught
logs.logger.registered_handler
def fail():
    raise RuntimeError("two\\nlines")
fail()
"""


def test_a_traceback_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING],
        cwd=REPOSITORY,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    (line,) = done.stdout.splitlines()
    logged = json.loads(line)
    assert logged["level"] == "CRITICAL"
    assert logged["exception_name"] == "RuntimeError"
    assert "in fail" in logged["exception"]
    assert not done.stderr


def test_people_read_text_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    port = free_port()
    process = subprocess.Popen(
        [*SERVER, f"--port={port}"],
        cwd=REPOSITORY,
        env=os.environ | ENVIRONMENT,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown, is_told = b"", False
    with suppress(OSError):  # the end of a terminal's output is an error
        while part := os.read(ours, 4096):
            shown += part
            if b"startup complete" in shown and not is_told:
                process.send_signal(signal.SIGTERM)
                is_told = True  # a second signal would not let requests end
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert f" INFO serving host='127.0.0.1' port={port}" in shown.decode()
    assert b'{"' not in shown
