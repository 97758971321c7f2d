"""Asks each documented route. The frame's answer with success, a user's own as they document."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http import HTTPStatus

from scripts.smoking.answers import message_of, problem_of
from scripts.smoking.client import Answer, Client, NoAnswerError
from scripts.smoking.differences import Difference
from scripts.smoking.health import Greeting
from scripts.smoking.openapi import Document, Operation, operations

_DOCUMENT = "/openapi.json"
# Routes of every server of this project. An endpoint of a user may answer 404 where it has nothing.
_FRAME = ("/health", "/models/", "/v1/", "/v2")


@dataclass
class Routes:
    """``asked`` has the status of each operation, ``skipped`` why one was not asked."""

    asked: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


def ask_routes(
    client: Client, greeting: Greeting, skip: Collection[str], advance: Callable[[str], None]
) -> Routes:
    """Every operation of ``/openapi.json`` that is not to be skipped.

    Raises :class:`scripts.smoking.client.StoppedError`.
    """
    routes = Routes()
    served = greeting.health.models
    values = {"name": served[0].name, "version": str(served[0].version)} if served else {}
    try:
        found = list(operations(_read(client), values))
    except NoAnswerError as error:
        routes.differences.append(Difference(_DOCUMENT, str(error)))
        return routes
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        problem = f"expected an OpenAPI document in JSON: {error!r:.200}"
        routes.differences.append(Difference(_DOCUMENT, problem))
        return routes
    for operation in found:
        skipped = "as asked by --skip" if operation.name in skip else operation.skipped
        if skipped:
            routes.skipped[operation.name] = skipped
            continue
        advance(operation.name)
        if found_wrong := _ask(client, operation, routes):
            routes.differences.append(Difference(operation.name, found_wrong))
    return routes


def _read(client: Client) -> Document:
    answer = client.send("GET", _DOCUMENT)
    if answer.status != HTTPStatus.OK:
        raise NoAnswerError(problem_of(client, answer, _DOCUMENT))
    document: Document = json.loads(answer.body)
    return document


def _ask(client: Client, operation: Operation, routes: Routes) -> str | None:
    try:
        answer = client.send(operation.method, operation.path, operation.body, operation.headers)
    except NoAnswerError as error:
        return str(error)
    routes.asked[operation.name] = answer.status
    documented = operation.documented(answer.status)
    if documented is None:
        return f"{problem_of(client, answer, operation.path)}: this status is not documented"
    if not _is_success(answer.status) and not _may_fail(operation, answer):
        return f"{problem_of(client, answer, operation.path)}: expected success for the example"
    if operation.method != "HEAD" and "application/json" in documented.get("content", {}):
        return _json_problem(answer)
    return None


def _is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _may_fail(operation: Operation, answer: Answer) -> bool:
    """A user's endpoint that has nothing to show, such as no bucket; never a server's error."""
    return answer.status == HTTPStatus.NOT_FOUND and not operation.template.startswith(_FRAME)


def _json_problem(answer: Answer) -> str | None:
    try:
        json.loads(answer.body)
    except ValueError:
        return f"{answer.status}: JSON is documented, found{message_of(answer)}"
    return None
