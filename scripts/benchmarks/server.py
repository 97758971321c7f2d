"""A server measured from outside: time to its first answer, time per answer, rate, memory."""

import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]
_LONGEST_START = 120  # seconds
_MEASURED_SECONDS = 2.0
_CONNECTIONS = 4


@dataclass(frozen=True)
class Run:
    """One start: seconds to the first answer, milliseconds an answer, answers a second, MB."""

    first_answer: float
    milliseconds: float
    rate: float
    resident: float


@dataclass(frozen=True)
class Server:
    """A command that serves on the port in place of ``{port}``, and the request to ask it."""

    command: Sequence[str]
    path: str
    body: bytes | None = None
    environment: Mapping[str, str] | None = None

    def measure(self) -> Run:
        """Start it on loopback, wait for the first answer, ask again, stop it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        started = time.perf_counter()
        process = subprocess.Popen(
            [word.format(port=port) for word in self.command],
            cwd=_REPOSITORY,
            env=os.environ | {"PYTHONPATH": ".:layers"} | dict(self.environment or {}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._wait(process, port)
            first_answer = time.perf_counter() - started
            times = self._ask_repeatedly(port)
            before = time.perf_counter()
            with ThreadPoolExecutor(_CONNECTIONS) as clients:
                answers = sum(map(len, clients.map(self._ask_repeatedly, [port] * _CONNECTIONS)))
            rate = answers / (time.perf_counter() - before)
            resident = _resident_megabytes(process.pid)
            return Run(first_answer, statistics.median(times) * 1000, rate, resident)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _wait(self, process: subprocess.Popen[bytes], port: int) -> None:
        deadline = time.monotonic() + _LONGEST_START
        while process.poll() is None and time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST_START)
            try:
                self._ask(connection)
            except (OSError, http.client.HTTPException):
                time.sleep(0.002)
            else:
                return
            finally:
                connection.close()
        raise RuntimeError(f"{' '.join(self.command)} did not answer")

    def _ask_repeatedly(self, port: int) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        times: list[float] = []
        while sum(times) < _MEASURED_SECONDS:
            times.append(self._ask(connection))
        connection.close()
        return times

    def _ask(self, connection: http.client.HTTPConnection) -> float:
        started = time.perf_counter()
        method = "GET" if self.body is None else "POST"
        connection.request(method, self.path, self.body, {"content-type": "application/json"})
        response = connection.getresponse()
        response.read()
        if response.status != http.HTTPStatus.OK:
            raise http.client.HTTPException(f"{self.path} answered {response.status}")
        return time.perf_counter() - started


def uvicorn(application: str, python: str = sys.executable) -> list[str]:
    """The command of an ASGI application."""
    return [python, "-m", "uvicorn", application, "--port={port}", "--log-level=error"]


def _resident_megabytes(leader: int) -> float:
    """Of the process and its descendants, which share its session."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        if os.getsid(int(status.parent.name)) == leader:
            (line,) = [x for x in status.read_text().splitlines() if x.startswith("VmRSS:")]
            total += int(line.split()[1])
    return total / 1024
