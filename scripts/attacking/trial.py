"""Start the application on a good model beside a suspect one, and tell what came of it.

:mod:`scripts.attacking.mutation` runs this in a process of its own for each suspect.
"""

import os
from collections.abc import Iterator
from http import HTTPStatus
from multiprocessing.connection import Connection
from pathlib import Path

from starlette.testclient import TestClient

from functions.api.app import create_app
from inference.errors import InferenceError
from inference.golden import GOLDEN, preload, replay
from inference.models import ModelFolder

SUSPECT = "suspect"
_PAGES = ("/health", "/models", "/openapi.json", "/v1/models")


def try_folder(directory: Path, good: str, answer: Connection) -> None:
    """Send what is wrong, and None at the end. A process that crashes sends nothing more."""
    _be_quiet()
    try:
        for problem in _problems(directory, good):
            answer.send(problem)
    except Exception as error:  # noqa: BLE001 - whatever stops the start is what is looked for
        answer.send(f"the start fails: {type(error).__name__}: {error}")
    answer.send(None)


def _be_quiet() -> None:
    """Discard the log, also that of libraries that are not Python's."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)


def _problems(directory: Path, good: str) -> Iterator[str]:
    models = ModelFolder(directory)
    preload(models, "all")
    golden = directory / good / GOLDEN
    with TestClient(create_app(models), raise_server_exceptions=False) as client:
        for page in _PAGES:
            status = client.get(page).status_code
            if status != HTTPStatus.OK:
                yield f"{page} answers {status}"
    try:
        replay(models.get(good), golden)
    except InferenceError as error:
        yield f"the model beside it fails: {error}"
    if SUSPECT in models.served:
        try:
            replay(models.get(SUSPECT), golden)
        except InferenceError as error:
            yield f"it is served, and is wrong: {error}"
