"""A port of this machine's loopback address that leads to another address.

Docker pushes images without TLS to loopback addresses alone. MiniStack listens on the address of
Docker's bridge.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_PIECE = 64 * 1024  # bytes


@contextmanager
def forwarded(host: str, port: int) -> Iterator[int]:
    """Forward TCP connections in a thread, and yield the port on 127.0.0.1."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there_reader, there_writer = await asyncio.open_connection(host, port)
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))

        return await asyncio.start_server(forward, "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass  # one side hung up; the other is closed below
    finally:
        writer.close()
