"""Request bodies before a route reads them: their size, their time, their packing, their type.

Whatever is refused here is answered in the API's one error shape.
"""

import asyncio
import zlib
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.errors import error_response
from functions.api.settings import Settings

_CHUNK = 65_536  # bytes to unpack at a time
_MOST_MEMBERS = 1000  # of a gzip file; each costs time, and may hold nothing
_CLOSE = {"Connection": "close"}  # what the client still sends would be read as its next request


class BodyLimit:
    """ASGI middleware: bounds the bytes of a body, its time, and the bytes of all bodies at once.

    413 to a request that announces or sends too many bytes, 408 to one that does not arrive in
    time, 503 while other bodies fill the memory.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._limit = settings.max_body_bytes
        self._limit_of_all = max(settings.max_bodies_bytes, 2 * self._limit)
        self._seconds = settings.body_seconds
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse an announced length over the limit at once; otherwise count the bytes read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self._limit:
            await _refuse(self._too_large(), scope, receive, send)
            return
        body = _Body(receive, self._seconds)

        async def receive_within_limits() -> Message:
            message = await body.receive()
            size = len(message.get("body", b""))
            self._held += size
            body.size += size
            if body.size > self._limit:
                raise self._too_large()
            if self._held > self._limit_of_all:
                raise HTTPException(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "the server reads too many bodies now; try again later",
                    {"Retry-After": "1"} | _CLOSE,
                )
            return message

        try:
            await self._app(scope, receive_within_limits, send)
        finally:
            self._held -= body.size

    def _too_large(self) -> HTTPException:
        message = f"the body exceeds {self._limit} bytes"
        return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message, _CLOSE)


class _Body:
    """One request's messages. The body has its time; what follows, the disconnection, has not."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self.size = 0
        self._receive = receive
        self._seconds = seconds
        self._deadline: float | None = None
        self._complete = False

    async def receive(self) -> Message:
        """The next message. Raises ``HTTPException`` 408."""
        if self._complete:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(
                HTTPStatus.REQUEST_TIMEOUT,
                f"the body did not arrive within {self._seconds:g} s",
                _CLOSE,
            ) from error
        self._complete = not message.get("more_body", False)
        return message


class Decompression:
    """ASGI middleware: bodies sent with ``Content-Encoding: gzip`` or ``deflate`` arrive plain."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Unpack no more than the limit: a few kilobytes can hold gigabytes."""
        encoding = Headers(scope=scope).get("content-encoding") if scope["type"] == "http" else None
        encoding = (encoding or "identity").strip().lower()
        if encoding == "identity":
            await self._app(scope, receive, send)
            return
        if encoding not in ("gzip", "x-gzip", "deflate"):
            message = "the body may be gzip or deflate, nothing else"
            refusal = HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, _CLOSE)
            await _refuse(refusal, scope, receive, send)
            return
        try:
            body = await run_in_threadpool(self._unpack, await _read(receive))
        except HTTPException as error:
            await _refuse(error, scope, receive, send)
            return
        scope = {**scope, "headers": list(scope["headers"])}
        headers = MutableHeaders(scope=scope)
        del headers["content-encoding"]
        headers["content-length"] = str(len(body))
        given = False

        async def receive_plain() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receive_plain, send)

    def _unpack(self, packed: bytes) -> bytes:
        """Every member: gzip files may be joined end to end."""
        unpacked, size, members = [], 0, 1
        unpacking = _new_unpacking()
        for start in range(0, len(packed), _CHUNK):
            chunk = packed[start : start + _CHUNK]
            while chunk:
                if unpacking.eof:
                    unpacking = _new_unpacking()
                    members += 1
                try:
                    unpacked.append(unpacking.decompress(chunk, self._limit + 1 - size))
                except zlib.error as error:
                    raise HTTPException(HTTPStatus.BAD_REQUEST, "the body is damaged") from error
                size += len(unpacked[-1])
                if size > self._limit:
                    message = f"the unpacked body exceeds {self._limit} bytes"
                    raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
                if members > _MOST_MEMBERS:
                    message = f"the body has more than {_MOST_MEMBERS} gzip members"
                    raise HTTPException(HTTPStatus.BAD_REQUEST, message)
                chunk = unpacking.unused_data
        if not unpacking.eof:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "the compressed body is incomplete")
        return b"".join(unpacked)


def _new_unpacking() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip's or zlib's header


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(HTTPStatus.BAD_REQUEST, "the body is incomplete")
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _refuse(error: HTTPException, scope: Scope, receive: Receive, send: Send) -> None:
    refusal = error_response(error.status_code, error.detail, headers=error.headers)
    await refusal(scope, receive, send)


class FormIsJson:
    """ASGI middleware: ``curl -d`` calls its body a form. This API has no forms, so it is JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change the header; it may name a charset."""
        sent = Headers(scope=scope).get("content-type", "") if scope["type"] == "http" else ""
        if sent.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
            scope = {**scope, "headers": list(scope["headers"])}
            MutableHeaders(scope=scope)["content-type"] = "application/json"
        await self._app(scope, receive, send)
