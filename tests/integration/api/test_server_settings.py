"""A setting that cannot be used is said in a sentence, wherever the process runs."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest

from tests.lambda_runtime import lambda_runtime
from tests.processes import MODELS, REPOSITORY, fetch, free_port, running, wait_until_answering


def start(*options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "functions.api.server", *options],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": ".:layers", "MODELS_DIR": str(MODELS)} | settings,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"MAX_BODY_BYTES": "abc"}, "MAX_BODY_BYTES=abc: Input should be a valid integer"),
        ({"MAX_BODY_BYTES": "0"}, "MAX_BODY_BYTES=0: Input should be greater than 0"),
        ({"WAIT_SECONDS": "1\n2"}, r"WAIT_SECONDS=1\n2: Input should be a valid number"),
        ({"VERIFY_MODELS": "x"}, "VERIFY_MODELS=x: Input should be 'trial', 'replay', 'digest'"),
        ({"UVICORN_WORKERS": "0"}, "UVICORN_WORKERS=0: Input should be greater than 0"),
        ({"MODELS_DIR": "/nowhere"}, "MODELS_DIR=/nowhere: No such file or directory"),
        ({"MODELS_DIR": "/etc/passwd"}, "MODELS_DIR=/etc/passwd: Not a directory"),
    ],
)
def test_a_bad_setting_is_one_sentence(settings: dict[str, str], sentence: str) -> None:
    done = start(**settings)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert sentence in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("port", ["99999", "http", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    done = start(f"--port={port}")
    assert done.returncode == 2
    assert f"'{port}' is no port: expected 0 to 65535" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said_before_models_are_loaded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = start(f"--port={port}", PRELOAD_MODELS="all")
    assert done.returncode == 2
    assert done.stderr == (
        f"cannot listen at 127.0.0.1, port {port}: Address already in use; choose another PORT\n"
    )


def test_a_bad_setting_is_in_the_error_that_lambda_logs(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        lambda_runtime(log, {"MAX_BODY_BYTES": "abc"}) as url,
        pytest.raises(urllib.error.HTTPError) as refused,
    ):
        fetch(url, b"{}")
    answer = json.loads(refused.value.read())
    refused.value.close()
    assert answer["errorType"] == "SettingsError"
    assert answer["errorMessage"].startswith("MAX_BODY_BYTES=abc: Input should be a valid integer")
    assert "[ERROR] SettingsError: MAX_BODY_BYTES=abc: Input should be" in log.read_text()


def test_workers_serve_and_stop_together(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "functions.api.server", f"--port={port}"]
    settings = {"PYTHONPATH": ".:layers", "MODELS_DIR": str(MODELS), "UVICORN_WORKERS": "3"}
    with running(command, log, settings) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/health", process, log)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        workers = [pid for pid in children if b"spawn_main" in command_of(pid)]
        assert len(workers) == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def command_of(pid: str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
