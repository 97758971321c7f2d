"""The API as a plain HTTP server: ``python -m functions.api.server --port 8000``.

uvicorn answers, within the bounds of :mod:`functions.api.connections`.
"""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from functions.api import logs
from functions.api.connections import BoundedProtocol
from functions.api.errors import error_response
from functions.api.settings import settings
from inference.settings import settings as inference_settings
from inference.telemetry import logger

_LARGEST_PORT = 65_535
_SECONDS_WITHOUT_A_WORD = 60  # of a worker, which may hold the interpreter while it loads a model
_USAGE = 2  # exit status of a command that was called wrongly
_LEVELS = ("critical", "error", "warning", "info", "debug")


class Stopping:
    """ASGI middleware: 503 to requests that the stopping server gives up."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cancelled is what still runs when the time to stop is over."""
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except asyncio.CancelledError:
            if not started:
                refusal = error_response(
                    503, "the server is stopping", headers={"Retry-After": "1"}
                )
                await refusal(scope, receive, send)


def application() -> ASGIApp:
    """What uvicorn serves."""
    # After the arguments are parsed, because it loads models.
    from functions.api.app import app  # noqa: PLC0415

    return logs.AccessLog(Stopping(app))


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. Requests that run then have a few seconds to end."""
    # Without a handler, the first process of a container ignores the signal.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.excepthook = logs.log_uncaught
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=_port, default=8000)
    parser.add_argument("--log-level", default="info", choices=_LEVELS, type=str.lower)
    options = parser.parse_args()
    if problem := _problem_of(inference_settings.models_dir):
        _refuse(problem)
    config = uvicorn.Config(
        "functions.api.server:application",
        factory=True,
        log_level=options.log_level,
        log_config=logs.configuration(options.log_level),
        access_log=False,
        http=BoundedProtocol,
        ws="none",
        server_header=False,
        workers=settings.workers,
        timeout_graceful_shutdown=settings.stop_seconds,
        timeout_worker_healthcheck=_SECONDS_WITHOUT_A_WORD,
    )
    logging.captureWarnings(capture=True)
    # Before models are loaded: a port in use is said at once.
    with _bind(options.host, options.port) as listening:
        logger.info("serving", host=options.host, port=listening.getsockname()[1])
        with suppress(KeyboardInterrupt):
            if settings.workers > 1:
                Multiprocess(config, [listening]).run()
            else:
                uvicorn.Server(config).run([listening])


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is no port: expected 0 to {_LARGEST_PORT}")
    return int(text)


def _refuse(problem: str) -> NoReturn:
    print(problem, file=sys.stderr)  # noqa: T201 - an answer to who starts the server
    sys.exit(_USAGE)


def _problem_of(models: Path) -> str | None:
    """Why models cannot be looked for in this folder."""
    try:
        with os.scandir(models) as entries:
            for entry in entries:
                entry.stat(follow_symlinks=False)  # a folder may be listed and yet not be entered
    except OSError as error:
        return f"the folder of models, MODELS_DIR={models}: {error.strerror} (user {os.getuid()})"
    return None


def _bind(host: str, port: int) -> socket.socket:
    """A socket at this address. It takes no connections yet."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        _refuse(f"cannot listen at {host}, port {port}: {error.strerror}; choose another PORT")
    return listening


if __name__ == "__main__":
    main()
