"""The API as a plain HTTP server: ``python -m functions.api.server --port 8000``.

uvicorn answers, within the bounds of :mod:`functions.api.connections`.
"""

import argparse
import asyncio

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api.connections import BoundedProtocol
from functions.api.errors import error_response

_SECONDS_TO_STOP = 5


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

    return Stopping(app)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. Requests that run then have a few seconds to end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--log-level", default="info", help="such as warning or error")
    options = parser.parse_args()
    uvicorn.run(
        application,
        factory=True,
        host=options.host,
        port=options.port,
        log_level=options.log_level,
        http=BoundedProtocol,
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=_SECONDS_TO_STOP,
    )


if __name__ == "__main__":
    main()
