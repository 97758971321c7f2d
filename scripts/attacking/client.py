"""A client that sends bytes as they are, for requests that no HTTP library would send."""

import selectors
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_PIECE = 1 << 16
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """What came back.

    ``status`` is None where nothing did: ``closed`` tells whether the connection ended.
    """

    status: int | None
    seconds: float
    closed: bool = False
    content: bytes = b""

    @property
    def word(self) -> str:
        """The status, or what happened instead."""
        if self.status is not None:
            return str(self.status)
        return "closed" if self.closed else "no answer"


def request_bytes(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A request; ``headers`` replace those that it has anyway, and an empty one is left out."""
    fields = {
        "host": "127.0.0.1",
        "connection": "close",
        "content-type": "application/json",
        "content-length": str(len(body)),
    } | {name.lower(): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value]
    return "\r\n".join(lines).encode("latin-1") + _HEAD_END + body


@contextmanager
def connection(port: int, patience: float) -> Iterator[socket.socket]:
    """A connection to a port of this machine."""
    with socket.create_connection(("127.0.0.1", port), patience) as client:
        yield client


def exchange(port: int, sent: bytes, patience: float) -> Answer:
    """Send bytes, and read the first answer. Reading goes on while there is more to send."""
    started = time.perf_counter()
    try:
        with connection(port, patience) as client:
            return _exchange(client, memoryview(sent), started, patience)
    except OSError:
        return Answer(None, time.perf_counter() - started, closed=True)


def _exchange(client: socket.socket, rest: memoryview, started: float, patience: float) -> Answer:
    client.setblocking(False)  # noqa: FBT003 - the standard library's argument
    received = b""
    closed = False
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while not closed and not _is_whole(received):
            left = patience - (time.perf_counter() - started)
            if left <= 0:
                break
            for _, events in selector.select(left):
                if events & selectors.EVENT_WRITE and rest:
                    # The server may have answered and closed before it has read everything.
                    sent = 0
                    with suppress(BlockingIOError):
                        try:
                            sent = client.send(rest[:_PIECE])
                        except ConnectionError:
                            sent = len(rest)
                    rest = rest[sent:]
                    if not rest:
                        selector.modify(client, selectors.EVENT_READ)
                if events & selectors.EVENT_READ:
                    piece, closed = _receive(client)
                    received += piece
    status = _status(received)
    return Answer(status, time.perf_counter() - started, closed, received.partition(_HEAD_END)[2])


def _receive(client: socket.socket) -> tuple[bytes, bool]:
    try:
        piece = client.recv(_PIECE)
    except BlockingIOError:
        return b"", False
    except ConnectionError:
        return b"", True
    return piece, not piece


def _status(received: bytes) -> int | None:
    first, _, _ = received.partition(b"\r\n")
    words = first.split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None


def _is_whole(received: bytes) -> bool:
    """Whether the first answer is complete, as far as its headers tell."""
    head, end, body = received.partition(_HEAD_END)
    if not end:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return body.endswith(b"0\r\n\r\n")
