"""A server process measured from outside: time to its first answer, memory, time per answer."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]
_REQUESTS = 200
_LONGEST_START = 60  # seconds


@dataclass(frozen=True)
class Run:
    """One start: seconds to the first answer, milliseconds an answer, megabytes resident."""

    first_answer: float
    milliseconds: float
    resident: float


def measure(application: str, path: str) -> Run:
    """Start uvicorn on loopback, wait for the first answer, ask again, stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", application, f"--port={port}", "--log-level=error"]
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=_REPOSITORY, env=os.environ | {"PYTHONPATH": ".:layers"}
    )
    try:
        _wait(process, port)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        _ask(connection, path)
        first_answer = time.perf_counter() - started
        times = [_ask(connection, path) for _ in range(_REQUESTS)]
        return Run(first_answer, statistics.median(times) * 1000, _resident_megabytes(process.pid))
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _LONGEST_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.002)
        else:
            return
    raise RuntimeError("the server did not start")


def _ask(connection: http.client.HTTPConnection, path: str) -> float:
    started = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    if response.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{path} answered {response.status}")
    return time.perf_counter() - started


def _resident_megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
