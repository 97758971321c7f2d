"""Request bodies before a route reads them: their size, and their time.

Whatever is refused here is answered in the API's one error shape.
"""

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.errors import error_response
from functions.api.settings import Settings

CLOSE = {"Connection": "close"}  # what the client still sends would be read as its next request


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
            await refuse(self._too_large(), scope, receive, send)
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
                    {"Retry-After": "1"} | CLOSE,
                )
            return message

        try:
            await self._app(scope, receive_within_limits, send)
        finally:
            self._held -= body.size

    def _too_large(self) -> HTTPException:
        message = f"the body exceeds {self._limit} bytes"
        return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message, CLOSE)


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
                CLOSE,
            ) from error
        self._complete = not message.get("more_body", False)
        return message


async def refuse(error: HTTPException, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with this error, in the API's one shape."""
    refusal = error_response(error.status_code, error.detail, headers=error.headers)
    await refusal(scope, receive, send)
