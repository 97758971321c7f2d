"""Bodies over the limit are refused in the API's one error shape.

FastAPI's own limit answers in plain text.
"""

from http import HTTPStatus

from starlette.datastructures import Headers
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
        """Count what is read; refuse at once what is announced as too long."""
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
