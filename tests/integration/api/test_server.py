"""The plain server against clients that stall, shout, or leave."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.processes import MODELS, fetch, free_port, running, wait_until_answering

QUICK = {"BODY_SECONDS": "0.5", "MAX_CONNECTIONS": "20", "MODELS_DIR": str(MODELS)}


@contextmanager
def served(log: Path, **settings: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "functions.api.server", f"--port={port}"]
    environment = {"PYTHONPATH": ".:layers"} | QUICK | settings
    with running(command, log, environment) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/health", process, log)
        yield port, process


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("server") / "log") as (port, _):
        yield port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def read_all(connection: socket.socket) -> bytes:
    """Until the server closes the connection."""
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received


HEAD = b"POST /v1/models/iris:predict HTTP/1.1\r\nhost: x\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b""),
        (b"GET /hea", b""),
        (b"GET /health HTTP/1.1\r\nhost: x\r\nx-more: ", b""),
        (HEAD + b"content-length: 1000\r\n\r\n{", b"408"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n", b"408"),
        (HEAD + b"content-length: 1000\r\ncontent-encoding: gzip\r\n\r\n\x1f", b"408"),
        (b"not HTTP\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 70_000, b"400"),
        (b"GET /health HTTP/1.1\r\nhost: x\r\n" + b"x: a\r\n" * 20_000, b"400"),
        (HEAD + b"content-length: 99999999\r\n\r\n", b"413"),
    ],
)
def test_what_does_not_arrive_or_is_no_request_is_closed(
    port: int, sent: bytes, status: bytes
) -> None:
    with closing(connect(port)) as connection:
        connection.sendall(sent)
        answer = read_all(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head[9:12] == status
    if status:
        assert json.loads(body).keys() == {"error", "details"}
        assert b"connection: close" in head.lower()


def test_an_answer_that_nobody_reads_is_given_up(port: int) -> None:
    """Many requests in one packet, whose answers fill the buffers between the two."""
    with closing(connect(port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(0.2)
        request = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n"
        with pytest.raises(ConnectionError):  # the server resets it when its patience is over
            send_for_ever(connection, request * 100)


def send_for_ever(connection: socket.socket, request: bytes) -> None:
    while True:
        with suppress(TimeoutError):
            connection.sendall(request)


def test_no_more_connections_than_the_limit_and_no_line_for_each(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with served(log, BODY_SECONDS="60") as (port, _):
        first = [connect(port) for _ in range(20)]
        for connection in first:
            connection.sendall(HEAD + b"content-length: 10\r\n\r\n{")
        for _ in range(100):
            with closing(connect(port)) as refused:
                assert read_all(refused) == b""
        for connection in first:
            connection.close()
        wait_until_answering_again(port)
        assert log.read_text().count("refused connections") <= 1
    lines = log.read_text().splitlines()
    assert len(lines) < 60, "a line for each connection"
    assert "Traceback" not in log.read_text()


def wait_until_answering_again(port: int) -> None:
    while True:
        try:
            fetch(f"http://127.0.0.1:{port}/health")
        except OSError:
            continue
        return


def test_it_stops_though_a_client_never_ends_its_request(tmp_path: Path) -> None:
    with (
        served(tmp_path / "log", BODY_SECONDS="600") as (port, process),
        closing(connect(port)) as connection,
    ):
        connection.sendall(HEAD + b"content-length: 1000\r\n\r\n{")
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=60) is not None
