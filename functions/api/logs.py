"""The plain server's log: each line is one JSON object, of the shape that functions log on Lambda.

It goes to standard output. Standard error has what native code writes, which is no JSON.
On a terminal it is text instead, for people: ``07:30:39 INFO request method=GET path=/health …``.
"""

import logging
import sys
import time
from types import TracebackType
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference.telemetry import logger

_MOST_CHARACTERS = 1000  # of a path
_access = logging.getLogger("uvicorn.requests")  # uvicorn.access is uvicorn's own, and is off


def handler() -> logging.Handler:
    """The one handler of all loggers: it is Powertools', which makes one line of a traceback."""
    own: logging.Handler = logger.registered_handler
    own.addFilter(_without_repetitions)
    if sys.stdout.isatty():
        own.setFormatter(_Text("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    return own


def _without_repetitions(record: logging.LogRecord) -> bool:
    vars(record).pop("color_message", None)  # uvicorn's message once more, with colors
    vars(record).pop("taskName", None)  # since Python 3.12; the server's tasks have no names
    return True


def configuration(level: str) -> dict[str, Any]:
    """What uvicorn passes to :func:`logging.config.dictConfig`, in each of its processes."""
    ours = {"level": level.upper(), "handlers": ["lines"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"lines": {"()": "functions.api.logs.handler"}},
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {"uvicorn": ours, logger.name: ours},
    }


def log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """A ``sys.excepthook``: the last line of a process that fails is JSON as well."""
    if issubclass(kind, KeyboardInterrupt):
        return
    logger.critical("the server failed", exc_info=(kind, error, traceback))


class AccessLog:
    """ASGI middleware: a line for each request.

    The line has the path without the query, because what a client sends may hold secrets.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log when the answer is sent. The status is None where the client left before it."""
        if scope["type"] != "http" or not _access.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status: int | None = None

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            fields = {
                "method": scope["method"],
                "path": scope["path"][:_MOST_CHARACTERS],
                "status": status,
                "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                "client": scope["client"][0] if scope["client"] else None,
            }
            _access.info("request", extra=fields)


_STANDARD = {*vars(logging.makeLogRecord({})), "asctime", "message"}


class _Text(logging.Formatter):
    """Short text, with the fields that a record has beside the standard ones."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        fields = [
            f" {name}={value!r}" for name, value in vars(record).items() if name not in _STANDARD
        ]
        return super().formatMessage(record) + "".join(fields)
