"""Measure a server from outside: time to its first answer, time per answer, rate, memory."""

import http.client
import os
import statistics
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from scripts.servers import free_port, running, wait_until_answering

_LONGEST_START = 120  # seconds
_POLL = 0.002  # seconds; the time to the first answer is as exact as this
_JSON = {"content-type": "application/json"}
_MEASURED_SECONDS = 2.0
_CONNECTIONS = 4


@dataclass(frozen=True)
class Run:
    """One start: seconds to the first answer, milliseconds per answer, answers per second, MB."""

    first_answer: float
    milliseconds: float
    rate: float
    resident: float


@dataclass(frozen=True)
class Server:
    """A command that serves, with ``{port}`` where its port belongs, and the request to send."""

    command: Sequence[str]
    path: str
    body: bytes | None = None
    environment: Mapping[str, str] | None = None

    def measure(self) -> Run:
        """Start the server, wait for its first answer, send more requests, stop it."""
        port = free_port()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{self.path}", self.body, _JSON)
        environment = {"PYTHONPATH": ".:layers"} | dict(self.environment or {})
        command = [word.format(port=port) for word in self.command]
        started = time.perf_counter()
        with running(command, environment=environment) as process:
            wait_until_answering(request, process, patience=_LONGEST_START, poll=_POLL)
            first_answer = time.perf_counter() - started
            times = self._ask_repeatedly(port)
            before = time.perf_counter()
            with ThreadPoolExecutor(_CONNECTIONS) as clients:
                answers = sum(map(len, clients.map(self._ask_repeatedly, [port] * _CONNECTIONS)))
            rate = answers / (time.perf_counter() - before)
            resident = _resident_megabytes(process.pid)
        return Run(first_answer, statistics.median(times) * 1000, rate, resident)

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
        connection.request(method, self.path, self.body, _JSON)
        response = connection.getresponse()
        response.read()
        if response.status != HTTPStatus.OK:
            raise http.client.HTTPException(f"{self.path} answered {response.status}")
        return time.perf_counter() - started


OUR_SERVER = [sys.executable, "-m", "functions.api.server", "--port={port}", "--log-level=error"]


def uvicorn(application: str, python: str = sys.executable) -> list[str]:
    """The command that serves an ASGI application."""
    return [python, "-m", "uvicorn", application, "--port={port}", "--log-level=error"]


def _resident_megabytes(leader: int) -> float:
    """The memory of a process and its descendants, which are in its session."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        if os.getsid(int(status.parent.name)) == leader:
            (line,) = [x for x in status.read_text().splitlines() if x.startswith("VmRSS:")]
            total += int(line.split()[1])
    return total / 1024
