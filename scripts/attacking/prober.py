"""Asks ``/health`` again and again beside an attack, and remembers the slowest answer."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PAUSE = 0.02  # seconds between two questions
_PATIENCE = 60.0


class Prober:
    """The thread that asks, and what it found."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._asked: float | None = None  # since when an answer is waited for
        self._slowest = 0.0
        self.failures = 0

    def start(self) -> None:
        """Ask from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; waits for the last answer."""
        self._end.set()
        self._thread.join(_PATIENCE)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest answer, or since when one is waited for."""
        asked = self._asked
        return max(self._slowest, 0.0 if asked is None else time.perf_counter() - asked)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
        while not self._end.is_set():
            self._asked = started = time.perf_counter()
            try:
                connection.request("GET", "/health")
                answer = connection.getresponse()
                answer.read()
                failed = answer.status != http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                connection.close()
                failed = True
            self.failures += failed
            self._asked = None
            self._slowest = max(self._slowest, time.perf_counter() - started)
            self._end.wait(_PAUSE)
        connection.close()


@contextmanager
def probing(port: int) -> Iterator[Prober]:
    """Ask while the block runs."""
    prober = Prober(port)
    prober.start()
    try:
        yield prober
    finally:
        prober.stop()
