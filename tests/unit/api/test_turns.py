"""Turns at a model: in order, bounded, and never in the way of other models."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import Request

from functions.api.turns import BusyError, ClientGoneError, Turns


def request(*, gone: bool = False) -> Request:
    async def receive() -> dict[str, Any]:
        if not gone:
            await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


class Blocked:
    """Work that ends when it is told to."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.release = threading.Event()

    def __call__(self) -> str:
        self.started.set()
        assert self.release.wait(60)
        return "done"


def run_in_a_loop(scenario: Callable[[], Awaitable[None]]) -> None:
    """In another thread: `asyncio.run` would take the loop that Mangum finds in this one."""
    with start_blocking_portal() as portal:
        portal.call(scenario)


def note(order: list[int], number: int) -> str:
    order.append(number)
    return "noted"


async def start(turns: Turns, work: Callable[[], str], name: str = "iris") -> asyncio.Task[str]:
    task = asyncio.create_task(turns.run(request(), name, "litert", work))
    await asyncio.sleep(0)
    return task


def test_one_run_at_a_time_and_other_models_beside_it() -> None:
    async def scenario() -> None:
        turns = Turns(max_waiting=10, wait_seconds=60)
        first, order = Blocked(), list[int]()
        running = await start(turns, first)
        await asyncio.to_thread(first.started.wait, 60)
        waiting = [await start(turns, partial(note, order, number)) for number in range(3)]
        assert await turns.run(request(), "other", "litert", lambda: "beside") == "beside"
        assert order == []
        first.release.set()
        assert await running == "done"
        await asyncio.gather(*waiting)
        assert order == [0, 1, 2]

    run_in_a_loop(scenario)


def test_a_full_queue_and_a_long_wait_are_busy() -> None:
    async def scenario() -> None:
        turns, first = Turns(max_waiting=1, wait_seconds=0.01), Blocked()
        running = await start(turns, first)
        await asyncio.to_thread(first.started.wait, 60)
        waiting = await start(turns, str)
        with pytest.raises(BusyError, match="1 requests wait for model 'iris'"):
            await turns.run(request(), "iris", "litert", str)
        with pytest.raises(BusyError, match=r"was not free within 0\.01 s"):
            await waiting
        first.release.set()
        await running
        assert await turns.run(request(), "iris", "litert", lambda: "free again") == "free again"

    run_in_a_loop(scenario)


def test_who_went_away_while_waiting_costs_nothing() -> None:
    async def scenario() -> None:
        turns, first, ran = Turns(max_waiting=9, wait_seconds=60), Blocked(), []
        running = await start(turns, first)
        await asyncio.to_thread(first.started.wait, 60)
        work = turns.run(request(gone=True), "iris", "litert", lambda: ran.append(1))
        gone = asyncio.create_task(work)
        await asyncio.sleep(0)
        first.release.set()
        await running
        with pytest.raises(ClientGoneError):
            await gone
        assert not ran
        assert await turns.run(request(), "iris", "litert", lambda: "next") == "next"

    run_in_a_loop(scenario)


def test_work_that_fails_gives_its_turn_back() -> None:
    async def scenario() -> None:
        turns = Turns(max_waiting=1, wait_seconds=60)
        with pytest.raises(ZeroDivisionError):
            await turns.run(request(), "iris", "litert", lambda: 1 // 0)
        assert await turns.run(request(), "iris", "litert", lambda: "next") == "next"

    run_in_a_loop(scenario)
