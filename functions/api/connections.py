"""Connections of the plain server: how many, how large their headers, how slow their clients.

uvicorn leaves these unbounded. On Lambda, API Gateway bounds them.
"""

import asyncio
import logging
from collections import Counter

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from functions.api.errors import error_response
from functions.api.settings import settings

_MOST_HEADER_BYTES = 65_536
_SECONDS_BETWEEN_REPORTS = 10
_logger = logging.getLogger("uvicorn.error")


class _Refusals:
    """Counts refused connections, and logs a line in ten seconds, however many they are."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, reason: str) -> None:
        if not self._counts:
            asyncio.get_running_loop().call_later(_SECONDS_BETWEEN_REPORTS, self._report)
        self._counts[reason] += 1

    def _report(self) -> None:
        for reason, number in self._counts.items():
            _logger.warning("refused connections: %d %s", number, reason)
        self._counts.clear()


_refusals = _Refusals()


class BoundedProtocol(HttpToolsProtocol):
    """A connection with a deadline for whatever it waits for from the client."""

    _deadline: asyncio.TimerHandle | None = None
    _header_bytes = 0
    _in_headers = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Close at once if there are too many connections."""
        super().connection_made(transport)
        if len(self.connections) > settings.max_connections:
            _refusals.count("beyond MAX_CONNECTIONS")
            transport.abort()
        else:
            self._expect("that sent no request in time")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._expect(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse. What is not HTTP is answered with 400 and closed."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # no other protocol is spoken here, so the request is answered as it is
        except httptools.HttpParserError:
            self._refuse_invalid()
        if self._in_headers:  # the parser keeps their bytes until they are complete
            self._header_bytes += len(data)
            if self._header_bytes > _MOST_HEADER_BYTES:
                self._refuse_invalid()

    def _refuse_invalid(self) -> None:
        if self.transport.is_closing():
            return
        _refusals.count("that sent no valid HTTP")
        message = f"the request is no HTTP, or has over {_MOST_HEADER_BYTES} bytes of headers"
        body = bytes(error_response(400, message).body)
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def on_message_begin(self) -> None:
        """The whole request must arrive in time."""
        super().on_message_begin()
        self._header_bytes, self._in_headers = 0, True
        self._expect("whose request did not arrive in time")

    def on_headers_complete(self) -> None:
        """Refuse too many bytes of headers that came in one packet."""
        self._in_headers = False
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > _MOST_HEADER_BYTES:
            raise ValueError("too many headers")  # the parser makes an HttpParserError of it
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The client owes nothing until the answer is sent."""
        super().on_message_complete()
        self._expect(None)

    def on_response_complete(self) -> None:
        """The answer must be read in time."""
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._expect("that did not read the answer in time")

    def _expect(self, failure: str | None) -> None:
        """Close the connection later, unless something else is expected by then."""
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
        if failure:
            # The middleware has the same time, and answers 408 first.
            self._deadline = self.loop.call_later(settings.body_seconds + 1, self._give_up, failure)

    def _give_up(self, failure: str) -> None:
        _refusals.count(failure)
        self.transport.abort()
