"""Turns at a model: one run at a time, the others wait in order, and none waits for ever.

Nothing here blocks the event loop, so ``/health`` is answered while models run. Somebody who went
away while waiting is left out when the turn comes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from inference.engines import EngineName
from inference.settings import settings

Result = TypeVar("Result")

# LiteRT runs one call of a model at a time. TensorFlow fills gaps between its operations.
_RUNS_AT_ONCE: dict[EngineName, int] = {"litert": 1, "tensorflow": 2}


class BusyError(Exception):
    """Too many requests wait for this model, or the wait was too long. Try again later."""


class ClientGoneError(Exception):
    """The client has closed the connection, so nobody would read the answer."""


@dataclass
class _Queue:
    turns: asyncio.Semaphore
    waiting: int = 0


@dataclass
class Turns:
    """The queues of all models. ``max_waiting`` is the longest, ``wait_seconds`` the patience."""

    max_waiting: int
    wait_seconds: float
    _queues: dict[str, _Queue] = field(default_factory=dict)

    async def run(
        self, request: Request, name: str, engine: EngineName, work: Callable[[], Result]
    ) -> Result:
        """What ``work`` returns, when it is this request's turn at the model.

        It runs in a thread. On Lambda it does not: there is one request at a time, and to wake a
        thread can take as long as a small model.

        Raises :class:`BusyError`, :class:`ClientGoneError`, and what ``work`` raises.
        """
        async with self._turn(request, name, engine):
            return work() if settings.on_lambda else await run_in_threadpool(work)

    @asynccontextmanager
    async def _turn(self, request: Request, name: str, engine: EngineName) -> AsyncIterator[None]:
        queue = self._queues.setdefault(name, _Queue(asyncio.Semaphore(_RUNS_AT_ONCE[engine])))
        must_wait = queue.turns.locked()
        if must_wait:
            await self._wait(name, queue)
        else:
            await queue.turns.acquire()
        try:
            if must_wait and await request.is_disconnected():
                raise ClientGoneError
            yield
        finally:
            queue.turns.release()

    async def _wait(self, name: str, queue: _Queue) -> None:
        if queue.waiting >= self.max_waiting:
            raise BusyError(f"{queue.waiting} requests wait for model '{name}'; try again later")
        queue.waiting += 1
        try:
            async with asyncio.timeout(self.wait_seconds):
                await queue.turns.acquire()
        except TimeoutError as error:
            raise BusyError(
                f"model '{name}' was not free within {self.wait_seconds:g} s; try again later"
            ) from error
        finally:
            queue.waiting -= 1
