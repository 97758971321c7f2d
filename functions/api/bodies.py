"""Request bodies before a route reads them: their size, their compression, their type.

A body over the limit, packed or unpacked, is refused in the API's one error shape. FastAPI's own
limit answers in plain text and does not see compression.
"""

import zlib
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.errors import error_response


class BodyLimit:
    """ASGI middleware: 413 to a request that announces or sends more bytes than ``limit``."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._message = f"the body exceeds {limit} bytes"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse an announced length over the limit at once; otherwise count the bytes read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > self._limit:
            refusal = error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._message)
            await refusal(scope, receive, send)
            return
        read = 0

        async def receive_within_limit() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._message)
            return message

        await self._app(scope, receive_within_limit, send)


class Decompression:
    """ASGI middleware: bodies sent with ``Content-Encoding: gzip`` or ``deflate`` arrive plain."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Unpack no more than the limit: a few kilobytes can hold gigabytes."""
        encoding = Headers(scope=scope).get("content-encoding") if scope["type"] == "http" else None
        if encoding in (None, "", "identity"):
            await self._app(scope, receive, send)
            return
        if encoding not in ("gzip", "deflate"):
            refusal = error_response(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body may be gzip or deflate, nothing else"
            )
            await refusal(scope, receive, send)
            return
        try:
            body = self._unpack(await _read(receive))
        except HTTPException as error:
            await error_response(error.status_code, error.detail)(scope, receive, send)
            return
        scope = {**scope, "headers": list(scope["headers"])}
        headers = MutableHeaders(scope=scope)
        del headers["content-encoding"]
        headers["content-length"] = str(len(body))

        async def receive_plain() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receive_plain, send)

    def _unpack(self, packed: bytes) -> bytes:
        unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip's or zlib's header
        try:
            body: bytes = unpacking.decompress(packed, self._limit + 1)
        except zlib.error as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "the body is damaged") from error
        if len(body) > self._limit:
            message = f"the unpacked body exceeds {self._limit} bytes"
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
        if not unpacking.eof:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "the compressed body is incomplete")
        return bytes(body)


async def _read(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


class FormIsJson:
    """ASGI middleware: ``curl -d`` calls its body a form. This API has no forms, so it is JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change the header."""
        sent = Headers(scope=scope).get("content-type") if scope["type"] == "http" else None
        if sent == "application/x-www-form-urlencoded":
            scope = {**scope, "headers": list(scope["headers"])}
            MutableHeaders(scope=scope)["content-type"] = "application/json"
        await self._app(scope, receive, send)
