"""The first request: whether this is a server of this project, and what it says that it serves."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import ValidationError

from functions.api.health import Health
from inference import __version__
from inference.models import ModelFolder
from scripts.smoking.address import UsageError
from scripts.smoking.answers import message_of, problem_of
from scripts.smoking.client import Answer, Client, NoAnswerError
from scripts.smoking.differences import Difference

_PATH = "/health"
_SHOWN = 300  # characters of the reason why a model is broken


@dataclass(frozen=True)
class Greeting:
    """What ``/health`` said, the seconds until it did, and how that differs from the folder."""

    health: Health
    seconds: float
    differences: list[Difference]
    notes: list[str]


def greet(client: Client, models: ModelFolder) -> Greeting:
    """Ask ``/health``. Raises :class:`UsageError` where no such server is at the address."""
    try:
        answer = client.send("GET", _PATH)
    except NoAnswerError as error:
        raise UsageError(
            f"{client.address} cannot be asked: {error}; is the address right, and the server up?"
        ) from error
    health = _read(client, answer)
    differences = _compare(health, models)
    if answer.status != HTTPStatus.OK:
        differences.insert(0, Difference(_PATH, f"{answer.status}: no model can be asked"))
    notes = []
    if health.version != __version__:
        notes.append(f"the address runs release {health.version}, this folder is {__version__}")
    return Greeting(health, answer.seconds, differences, notes)


def _read(client: Client, answer: Answer) -> Health:
    server = "expected a server of this project"
    if answer.status not in (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE):
        problem = problem_of(client, answer, _PATH)
        if answer.status == HTTPStatus.NOT_FOUND:
            problem += f": {server}; is the stage, such as /prod, missing in the address?"
        raise UsageError(f"{client.address}{_PATH} answers {problem}")
    try:
        content = json.loads(answer.body)
    except ValueError as error:
        raise UsageError(
            f"{client.address}{_PATH} answers {answer.content_type or 'something'} that is no "
            f"JSON: {server}; is it another site, or the sign-in page of a network?"
        ) from error
    try:
        return Health.model_validate(content)
    except ValidationError as error:
        raise UsageError(
            f"{client.address}{_PATH} answers {answer.status}{message_of(answer)}, in JSON of "
            f"another form: {server}"
        ) from error


def _compare(health: Health, models: ModelFolder) -> list[Difference]:
    """Each model that one of the two has, and the other has not or has otherwise."""
    served = {model.name: model for model in health.models}
    problems: dict[str, str] = {}
    for name, metadata in models.served.items():
        there = served.get(name)
        if name in health.broken:
            problems[name] = f"broken at the address: {health.broken[name]:.{_SHOWN}}"
        elif there is None:
            problems[name] = "not served at the address, but in the folder"
        elif (there.version, there.engine) != (metadata.version, metadata.engine):
            problems[name] = (
                f"expected version {metadata.version} by {metadata.engine}, as in the folder; "
                f"found version {there.version} by {there.engine}"
            )
    for name, reason in models.broken.items():
        problems[name] = f"broken in the folder, so it cannot be compared: {reason}"
    for name, there in served.items():
        if name not in models.served and name not in models.broken:
            problems[name] = (
                f"served at the address (version {there.version}), but not in the folder"
            )
    for name in health.broken.keys() - models.served.keys() - models.broken.keys():
        problems[name] = (
            f"broken at the address, and not in the folder: {health.broken[name]:.{_SHOWN}}"
        )
    return [Difference(name, problems[name]) for name in sorted(problems)]
