"""Attacks of many connections: bodies that never end, clients that leave, long runs."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from scripts.attacking.bounds import Bounds
from scripts.attacking.client import Answer, connection, exchange, request_bytes
from scripts.attacking.measuring import TRIES, Outcome
from scripts.attacking.prober import probing
from scripts.attacking.process import peak_megabytes, read_usage, reset_peak
from scripts.attacking.target import Server, Subject

_PATIENCE = 60.0
_LOG_BYTES = 100_000  # that a crowd may add to the log
_LONG_RUNS = 3
_HELD_SECONDS = 1.0  # in which `/health` is asked while the connections are held


@dataclass(frozen=True)
class Crowd:
    """How many clients take part."""

    unfinished: int
    abandoned: int


def attack_in_crowds(
    server: Server, subject: Subject, bounds: Bounds, crowd: Crowd, say: Callable[[Outcome], None]
) -> list[Outcome]:
    """An outcome for each kind of crowd."""
    outcomes = []
    for attack in _attacks(server, subject, bounds, crowd):
        for _ in range(TRIES):
            outcome = attack()
            if outcome.broken:
                server.restart()
            if not outcome.late or outcome.wrong:
                break
        outcomes.append(outcome)
        say(outcome)
    return outcomes


def _attacks(
    server: Server, subject: Subject, bounds: Bounds, crowd: Crowd
) -> Iterator[Callable[[], Outcome]]:
    head = request_bytes("POST", subject.path, b"", {"content-length": "1000"})
    chunked = head.replace(b"content-length: 1000", b"transfer-encoding: chunked")
    for name, sent in (
        ("unfinished bodies", head + b"{"),
        ("unfinished heads", head[:40]),
        ("chunks without end", chunked + b"1\r\n{\r\n"),
        ("silent connections", b""),
    ):
        title = f"{crowd.unfinished} {name}"
        yield partial(_hold_open, server, subject, bounds, title, [sent] * crowd.unfinished)
    yield partial(_abandon, server, subject, bounds, crowd.abandoned)
    yield partial(_run_long, server, subject, bounds)


def _hold_open(
    server: Server, subject: Subject, bounds: Bounds, name: str, sent: list[bytes]
) -> Outcome:
    """Connections that send these bytes and nothing more. The server must close them in time."""
    before, log = read_usage(server.pid).megabytes, server.log_bytes()
    reset_peak(server.pid)
    with ExitStack() as stack:
        clients = []
        for each in sent:
            with suppress(OSError):  # refused at once, which is well
                client = stack.enter_context(connection(server.port, _PATIENCE))
                client.sendall(each)
                clients.append(client)
        small = _ask(server, subject)  # behind all that they sent
        with probing(server.port) as prober:
            time.sleep(_HELD_SECONDS)
            health = prober.slowest
        open_after = _left_open(clients, bounds.unfinished_seconds)
    wrong = [f"{open_after} still open after {bounds.unfinished_seconds:g} s"] if open_after else []
    written = server.log_bytes() - log
    if written > _LOG_BYTES:
        wrong.append(f"{written / 1e6:.1f} MB of log")
    return _outcome(server, bounds, name, small, health, before, wrong)


def _left_open(clients: list[socket.socket], seconds: float) -> int:
    """How many the server has not closed after so many seconds."""
    deadline = time.monotonic() + seconds
    left = 0
    for client in clients:
        client.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            while client.recv(1 << 16):
                pass
        except TimeoutError:
            left += 1
        except ConnectionError:
            pass
    return left


def _abandon(server: Server, subject: Subject, bounds: Bounds, count: int) -> Outcome:
    """Clients that send the largest allowed request and leave at once; then a small request."""
    before = read_usage(server.pid).megabytes
    reset_peak(server.pid)
    sent = _largest(subject)
    with probing(server.port) as prober:
        for _ in range(count):
            with suppress(OSError), connection(server.port, _PATIENCE) as client:
                client.sendall(sent)
        small = _ask(server, subject)
        health = prober.slowest
    return _outcome(server, bounds, f"{count} abandoned requests", small, health, before, [])


def _run_long(server: Server, subject: Subject, bounds: Bounds) -> Outcome:
    """The longest runs that are allowed, and a small request beside them."""
    before = read_usage(server.pid).megabytes
    reset_peak(server.pid)
    sent = _largest(subject)
    with ThreadPoolExecutor(_LONG_RUNS) as threads, probing(server.port) as prober:
        runs = [
            threads.submit(exchange, server.port, sent, bounds.answered_seconds * 4)
            for _ in range(_LONG_RUNS)
        ]
        time.sleep(0.1)  # so that they have begun
        names = exchange(server.port, request_bytes("GET", "/names", b"", {}), _PATIENCE)
        small = _ask(server, subject)
        answers = [run.result() for run in runs]
        health = prober.slowest
    wrong = [f"a long run: {each.word}" for each in answers if not _is_bounded(each)]
    if not _is_bounded(names):
        wrong.append(f"/names: {names.word}")
    if small.seconds < names.seconds:
        small = Answer(small.status, names.seconds)
    return _outcome(server, bounds, "long runs beside small ones", small, health, before, wrong)


def _largest(subject: Subject) -> bytes:
    """A request as large as the metadata of the model allows; its answer may be too large."""
    metadata = subject.metadata
    length = getattr(metadata, "max_length", 1024)
    rows = subject.rows(1, length)
    return request_bytes("POST", subject.path, json.dumps({"instances": rows}).encode(), {})


def _ask(server: Server, subject: Subject) -> Answer:
    sent = request_bytes("POST", subject.path, subject.body, {})
    return exchange(server.port, sent, _PATIENCE)


def _is_bounded(answer: Answer) -> bool:
    return answer.status is not None and (
        answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        or answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    )


def _outcome(
    server: Server,
    bounds: Bounds,
    name: str,
    small: Answer,
    health: float,
    before: float,
    wrong: list[str],
) -> Outcome:
    if not server.is_alive:
        return Outcome(name, small.word, small.seconds, 0, health, [*wrong, "the server has ended"])
    megabytes = peak_megabytes(server.pid) - before
    if not _is_bounded(small):
        wrong = [*wrong, f"a small request: {small.word}"]
    if megabytes > bounds.answered_megabytes:
        wrong = [*wrong, f"over {bounds.answered_megabytes:.0f} MB"]
    late = []
    if small.seconds > bounds.small_seconds:
        late.append(f"a small request over {bounds.small_seconds:g} s")
    if health > bounds.health_seconds:
        late.append(f"/health over {bounds.health_seconds * 1000:.0f} ms")
    return Outcome(name, small.word, small.seconds, megabytes, health, wrong, late)
