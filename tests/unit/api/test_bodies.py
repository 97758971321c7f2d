"""Bodies as clients pack and name them, and as attackers do."""

import asyncio
import gzip
import json
import zlib
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.testclient import TestClient
from starlette.types import Message

from functions.api.bodies import BodyLimit
from functions.api.settings import Settings

PATH = "/v1/models/iris:predict"
BODY = b'{"instances": [[5.1, 3.5, 1.4, 0.2]]}'


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("GZIP", gzip.compress(BODY)),
        (" gzip ", gzip.compress(BODY)),
        ("x-gzip", gzip.compress(BODY)),
        ("Deflate", zlib.compress(BODY)),
        ("identity", BODY),
        ("gzip", gzip.compress(BODY[:9]) + gzip.compress(b"") + gzip.compress(BODY[9:])),
        ("gzip", gzip.compress(BODY[:1] + b" " * 200_000 + BODY[1:], 0)),
    ],
)
def test_packings(client: TestClient, encoding: str, packed: bytes) -> None:
    plain = client.post(PATH, content=BODY)
    answer = client.post(PATH, content=packed, headers={"content-encoding": encoding})
    assert (answer.status_code, answer.content) == (200, plain.content)


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (gzip.compress(b"") * 1001, "the body has more than 1000 gzip members"),
        (gzip.compress(BODY) + b"garbage", "the body is damaged"),
        (gzip.compress(BODY) + gzip.compress(BODY)[:-9], "the compressed body is incomplete"),
        (b"", "the compressed body is incomplete"),
    ],
)
def test_packings_that_are_refused(client: TestClient, packed: bytes, message: str) -> None:
    answer = client.post(PATH, content=packed, headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["error"]) == (400, message)


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "Application/X-WWW-Form-Urlencoded",
        "text/plain",
        None,
    ],
)
@pytest.mark.parametrize("path", [PATH, "/models/iris/predict"])
def test_a_body_is_json_whatever_it_is_called(
    client: TestClient, path: str, kind: str | None
) -> None:
    body = {"instances": [{"flower": [5.1, 3.5, 1.4, 0.2]}]}
    headers = {"content-type": kind} if kind else {}
    answer = client.post(path, content=json.dumps(body), headers=headers)
    assert answer.status_code == 200


def test_bodies_that_would_fill_the_memory_together_are_refused_for_now() -> None:
    """Three requests of 60 bytes at a server that holds 128."""
    settings = Settings.model_validate({"MAX_BODY_BYTES": 64, "MAX_BODIES_BYTES": 128})

    async def scenario() -> list[int]:
        release = asyncio.Event()

        async def application(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await release.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        limited = BodyLimit(application, settings)
        statuses: list[int] = []

        async def request() -> None:
            async def receive() -> Message:
                return {"type": "http.request", "body": b"x" * 60, "more_body": False}

            async def send(message: Message) -> None:
                statuses.append(message["status"])

            try:
                await limited({"type": "http", "headers": []}, receive, send)
            except Exception as error:  # noqa: BLE001 - the application would answer with it
                statuses.append(getattr(error, "status_code", 0))

        tasks = [asyncio.create_task(request()) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(*tasks)
        await request()
        return statuses

    with start_blocking_portal() as portal:
        assert portal.call(scenario) == [503, 200, 200, 200]
