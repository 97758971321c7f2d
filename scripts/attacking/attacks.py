"""An attack of one request. :mod:`scripts.attacking.bodies` and ``wires`` list them."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from scripts.attacking.client import request_bytes

_LEVEL = 6  # of gzip
SIZE = 5_000_000  # bytes of a large body: below the limit of 6 MB


@dataclass(frozen=True)
class Attack:
    """A request. ``raw`` is sent instead of it where no library would write such a request."""

    name: str
    path: str = "/health"
    body: Callable[[], bytes] = bytes  # made when it is sent: all of them would fill the memory
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    raw: Callable[[], bytes] | None = None
    may_be_answered: bool = False  # otherwise a status of success is a defect
    must_be_answered: bool = False

    def sent(self) -> bytes:
        """The bytes of the request."""
        if self.raw is not None:
            return self.raw()
        return request_bytes(self.method, self.path, self.body(), self.headers)

    def packed(self) -> "Attack":
        """The same with a body that gzip makes small."""
        plain = self.body
        return replace(
            self,
            name=f"{self.name}, gzip",
            body=lambda: gzip.compress(plain(), _LEVEL),
            headers={**self.headers, "content-encoding": "gzip"},
        )


def filled(head: str, unit: str, tail: str, size: int = SIZE) -> Callable[[], bytes]:
    """``head``, then ``unit`` again and again until there are ``size`` bytes, then ``tail``."""

    def body() -> bytes:
        return (head + unit * (size // len(unit)) + tail).encode()

    return body


def given(body: bytes) -> Callable[[], bytes]:
    """Bytes that are there already, as an attack takes them."""
    return lambda: body
