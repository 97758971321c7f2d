"""Asks one address, over one connection that is kept alive.

A throttled request waits as long as ``Retry-After`` says and is sent again, within bounds. A
redirect is not followed, because the key would go to another host.
"""

import ssl
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from scripts.smoking.address import Address, UsageError
from scripts.smoking.credentials import Credentials

_MOST_ANSWER_BYTES = 50_000_000
_MOST_WAITS = 5  # of one request
_LONGEST_WAIT = 20.0  # seconds, at one time
_FIRST_WAIT = 1.0  # doubled each time, where no Retry-After says how long
_MOST_SILENT = 3  # requests without an answer, after which the rest is not tried
_PIECE = 1 << 16


class NoAnswerError(Exception):
    """No answer came to one request. The text says why."""


class StoppedError(Exception):
    """The address has stopped answering, so that more requests would only wait."""


@dataclass(frozen=True)
class Answer:
    """What came back, and the seconds that it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def content_type(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass
class Client:
    """``send`` asks; ``sleep`` waits. ``requests`` and ``waits`` count."""

    address: Address
    credentials: Credentials
    timeout: float
    ca: Path | None = None
    sleep: Callable[[float], None] = time.sleep
    requests: int = 0
    waits: int = 0
    _silent: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Choose between a proxy and none, as the environment says; a loopback has none."""
        trust = _trust(self.ca) if self.address.scheme == "https" else None
        proxy = None if self.address.is_loopback else _proxy(self.address)
        try:
            self._pool: urllib3.PoolManager = (
                urllib3.ProxyManager(proxy, num_pools=1, maxsize=1, ssl_context=trust)
                if proxy
                else urllib3.PoolManager(num_pools=1, maxsize=1, ssl_context=trust)
            )
        except HTTPError as error:
            raise UsageError(f"the proxy of the environment cannot be used: {error}") from error

    @property
    def connections(self) -> int:
        """How many connections were opened."""
        pools = self._pool.pools
        return sum(pools[key].num_connections for key in pools.keys())  # noqa: SIM118

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer, whatever its status; ``path`` may have a query.

        Raises :class:`NoAnswerError`, and :class:`StoppedError` after several of them.
        """
        try:
            answer = self._send_patiently(method, path, body, headers or {})
        except NoAnswerError as error:
            self._silent += 1
            if self._silent >= _MOST_SILENT:
                raise StoppedError(
                    f"{error}; {_MOST_SILENT} requests in a row had no answer, the rest was not "
                    "tried"
                ) from error
            raise
        self._silent = 0
        return answer

    def _send_patiently(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        for waited in range(_MOST_WAITS + 1):
            answer = self._send_again(method, path, body, headers)
            seconds = _seconds_to_wait(answer, waited)
            if seconds is None or waited == _MOST_WAITS:
                break
            self.waits += 1
            self.sleep(seconds)
        return answer

    def _send_again(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Once more where the connection was closed: the server may have found it idle."""
        try:
            return self._send_once(method, path, body, headers)
        except ProtocolError:
            pass
        except HTTPError as error:
            raise NoAnswerError(self._reason(error)) from error
        try:
            return self._send_once(method, path, body, headers)
        except HTTPError as error:
            raise NoAnswerError(self._reason(error)) from error

    def _send_once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        url = f"{self.address}{path}"
        signed = self.credentials.sign(method, url, headers, body)
        self.requests += 1
        started = time.perf_counter()
        response = self._pool.request(
            method,
            url,
            body=body or None,
            headers=signed,
            timeout=urllib3.Timeout(connect=min(self.timeout, 10), read=self.timeout),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            content = self._read(response, started)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        seconds = time.perf_counter() - started
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, found, content, seconds)

    def _read(self, response: urllib3.BaseHTTPResponse, started: float) -> bytes:
        """The body, in bounded time: a read's time-out begins anew with each byte that arrives."""
        pieces, size = [], 0
        for piece in response.stream(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > _MOST_ANSWER_BYTES:
                raise NoAnswerError(f"the answer is longer than {_MOST_ANSWER_BYTES} bytes")
            if time.perf_counter() - started > self.timeout:
                raise NoAnswerError(f"the answer was not complete after {self.timeout:g} s")
        return b"".join(pieces)

    def _reason(self, error: HTTPError) -> str:
        if isinstance(error, ReadTimeoutError):
            return f"no answer in {self.timeout:g} s"
        if isinstance(error, ProtocolError):
            return "the connection was closed before the whole answer came"
        text = str(error).rpartition(": ")[2] or type(error).__name__
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return f"the certificate is not trusted: {text} (--ca FILE trusts a file's)"
        if "WRONG_VERSION_NUMBER" in str(error):
            return "the port speaks no TLS: is it http:// instead of https://?"
        return text


def _trust(ca: Path | None) -> ssl.SSLContext:
    """The system's certificates, or those of one file. Raises :class:`UsageError`."""
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(
            f"--ca {ca}: expected a file of certificates in PEM: {error.strerror or error}"
        ) from error


def _proxy(address: Address) -> str | None:
    if urllib.request.proxy_bypass(address.host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(address.scheme) or proxies.get("all")


def _seconds_to_wait(answer: Answer, waited: int) -> float | None:
    """How long to wait before the request is sent again. None where it is not to be."""
    after = answer.headers.get("retry-after")
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and after is None:
        return None  # broken rather than busy
    if answer.status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return None
    seconds = _FIRST_WAIT * 2**waited if after is None else _seconds_of(after)
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _seconds_of(retry_after: str) -> float:
    """A number of seconds, or a date."""
    if retry_after.isdecimal():
        return float(retry_after[:9])
    try:
        return parsedate_to_datetime(retry_after).timestamp() - time.time()
    except ValueError:
        return _FIRST_WAIT
