"""What clients call their bodies: compressed ones arrive plain, and forms are JSON."""

import zlib
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.bodies import CLOSE, refuse

_CHUNK = 65_536  # bytes to unpack at a time
_MOST_MEMBERS = 1000  # of a gzip file; each costs time, and may hold nothing


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
            refusal = HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, CLOSE)
            await refuse(refusal, scope, receive, send)
            return
        try:
            body = await run_in_threadpool(self._unpack, await _read(receive))
        except HTTPException as error:
            await refuse(error, scope, receive, send)
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
