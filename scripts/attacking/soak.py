"""Good and hostile requests at once for some time, and what the server has grown by."""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from scripts.attacking.attacks import Attack
from scripts.attacking.bounds import Bounds
from scripts.attacking.client import connection, exchange, request_bytes
from scripts.attacking.process import Usage, read_usage
from scripts.attacking.table import table
from scripts.attacking.target import Server, Subject

_CLIENTS = 4
_PATIENCE = 30.0
_WARM_UP = 0.25  # of the time; what a server grows by in it is no leak
_CALM_SECONDS = 3.0  # at the end, in which it may close what was left
_SAMPLES_A_SECOND = 4


@dataclass
class Tally:
    """What was sent, and what must not have come back."""

    requests: int = 0
    wrong: int = 0


def soak(
    server: Server,
    subject: Subject,
    attacks: Sequence[Attack],
    bounds: Bounds,
    seconds: float,
    seed: int,
) -> list[str]:
    """Print what the server used. Returns the bounds that do not hold, in words."""
    sent = [attack.sent() for attack in attacks]
    good = [
        request_bytes("POST", subject.path, subject.body, {}),
        *(request_bytes("GET", path, b"", {}) for path in ("/health", "/models", "/openapi.json")),
    ]
    tally, lock = Tally(), threading.Lock()
    with ThreadPoolExecutor(_CLIENTS) as threads:
        # An engine keeps the memory of its largest run. So each request is sent once before.
        list(threads.map(lambda request: exchange(server.port, request, _PATIENCE), sent))
    deadline = time.monotonic() + seconds

    def send(number: int) -> None:
        choose = random.Random(f"{seed}/{number}")  # noqa: S311 - no secret
        while time.monotonic() < deadline and server.is_alive:
            is_good = choose.random() < 0.5  # noqa: PLR2004 - half of them
            request = choose.choice(good if is_good else sent)
            if not is_good and choose.random() < 0.1:  # noqa: PLR2004 - a tenth of the hostile
                with suppress(OSError), connection(server.port, _PATIENCE) as client:
                    client.sendall(request[: choose.randrange(len(request))])
                continue
            status = exchange(server.port, request, _PATIENCE).status
            with lock:
                tally.requests += 1
                tally.wrong += _is_wrong(status, is_good=is_good)

    samples: list[Usage] = []
    warm = time.monotonic() + seconds * _WARM_UP
    with ThreadPoolExecutor(_CLIENTS) as threads:
        for number in range(_CLIENTS):
            threads.submit(send, number)
        while time.monotonic() < deadline and server.is_alive:
            time.sleep(1 / _SAMPLES_A_SECOND)
            if time.monotonic() > warm:
                with suppress(OSError):
                    samples.append(read_usage(server.pid))
    if not server.is_alive:
        return ["the server has ended"]
    time.sleep(_CALM_SECONDS)
    samples.append(read_usage(server.pid))
    _print(samples)
    print(f"{tally.requests} requests, {tally.wrong} with a wrong answer")
    return _grown(samples, bounds) + ([f"{tally.wrong} wrong answers"] if tally.wrong else [])


def _is_wrong(status: int | None, *, is_good: bool) -> bool:
    """Good requests are answered, or told to come back; none ends in another 5xx."""
    if status is None:
        return is_good
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return False
    return status >= (HTTPStatus.BAD_REQUEST if is_good else HTTPStatus.INTERNAL_SERVER_ERROR)


def _print(samples: Sequence[Usage]) -> None:
    rows = []
    for title, field in (
        ("memory, MB", "megabytes"),
        ("file handles", "files"),
        ("threads", "threads"),
    ):
        values = [getattr(sample, field) for sample in samples]
        rows.append([title, *(f"{each:.0f}" for each in (values[0], values[-1], max(values)))])
    print(table(["", "after warm-up", "at the end", "most"], rows))


def _grown(samples: Sequence[Usage], bounds: Bounds) -> list[str]:
    first, last = samples[0], samples[-1]
    grown = (
        ("MB", last.megabytes - first.megabytes, bounds.grown_megabytes),
        ("file handles", last.files - first.files, bounds.grown_files),
        ("threads", last.threads - first.threads, bounds.grown_threads),
    )
    return [f"{by:.0f} {what} more, {most:g} are allowed" for what, by, most in grown if by > most]
