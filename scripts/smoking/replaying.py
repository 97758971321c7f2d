"""Replays a model's golden rows in every dialect that can carry them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import numpy as np
from numpy.typing import NDArray

from functions.replay import Part, UnsendableRowError, as_answered, compare, cut, predict_body
from inference.calls import Call
from inference.errors import InferenceError
from inference.metadata import Metadata
from scripts.smoking.answers import message_of, problem_of
from scripts.smoking.client import Client, NoAnswerError
from scripts.smoking.dialects import DIALECTS, Dialect, Question
from scripts.smoking.differences import Difference, first_difference

_MOST_DIFFERENCES = 10  # of one signature in one dialect; a wrong model differs in every row

Advance = Callable[[str], None]


@dataclass
class Replayed:
    """One model: what was asked, the worst difference, and what differs or could not be sent."""

    metadata: Metadata
    requests: int = 0
    rows: int = 0
    worst: float = 0.0
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def replay(
    client: Client,
    metadata: Metadata,
    calls: Mapping[str, Call],
    skip: Collection[str],
    advance: Advance,
) -> Replayed:
    """Every signature in every dialect that is not to be skipped.

    Raises :class:`scripts.smoking.client.StoppedError`.
    """
    replayed = Replayed(metadata)
    for signature, call in calls.items():
        before = replayed.requests
        for dialect in DIALECTS:
            if dialect.name in skip:
                replayed.notes.append(f"{metadata.name}/{signature}: {dialect.name} was skipped")
            elif dialect.fits(metadata, signature):
                advance(f"{metadata.name}/{signature}, {dialect.name}")
                _replay_call(client, replayed, signature, call, dialect)
        if replayed.requests == before:
            replayed.differences.append(
                Difference(
                    f"{metadata.name}/{signature}",
                    "no golden row can be sent within the limits of the model and of Lambda, so "
                    "nothing was compared; raise the limits in metadata.json, or add the model "
                    "again",
                )
            )
    return replayed


def _replay_call(
    client: Client, replayed: Replayed, signature: str, call: Call, dialect: Dialect
) -> None:
    metadata = replayed.metadata
    where = f"{metadata.name}/{signature}, {dialect.name}"
    numbers = np.arange(metadata.signatures[signature].rows(call.inputs))
    if dialect.only_finite:
        numbers, call = _finite_rows(call)
        if not len(numbers):
            return

    def size_of(part: Call) -> int:
        # An answer is as long as a request that would send it.
        return max(
            len(dialect.ask(metadata, signature, part).body),
            len(predict_body(signature, as_answered(part.outputs))),
        )

    problems = 0
    try:
        for part in cut(call, metadata, signature, size_of):
            first = int(numbers[part.first]) if part.first < len(numbers) else 0
            question = dialect.ask(metadata, signature, part.call)
            problem = _ask(client, replayed, question, part, numbers)
            if problem is not None:
                row, text = problem
                named = f"{where}, row {first if row is None else row}"
                replayed.differences.append(Difference(named, text))
                problems += 1
            if problems == _MOST_DIFFERENCES:
                replayed.notes.append(f"{where}: the rest was not asked")
                return
    except UnsendableRowError as error:
        replayed.notes.append(f"{where}: not sent from here on, {error}")


def _ask(
    client: Client, replayed: Replayed, question: Question, part: Part, numbers: NDArray[np.intp]
) -> tuple[int | None, str] | None:
    """Ask and compare: the row that differs, and how."""
    replayed.requests += 1
    try:
        answer = client.send("POST", question.path, question.body, question.headers)
    except NoAnswerError as error:
        return None, str(error)
    if answer.status != HTTPStatus.OK:
        return None, problem_of(client, answer, question.path)
    outputs = None
    try:
        outputs = question.read(answer)
        worst = compare(outputs, question.expected, part.scales)
    except InferenceError as error:
        found = first_difference(outputs, question.expected, part.scales) if outputs else None
        if found is None:
            shown = "" if outputs is not None else message_of(answer)
            return None, f"{error}{shown if answer.content_type != 'application/json' else ''}"
        row, text = found
        place = part.first + row
        return int(numbers[place]) if place < len(numbers) else row, f"{text} ({error})"
    replayed.rows += part.rows
    replayed.worst = max(replayed.worst, worst)
    return None


def _finite_rows(call: Call) -> tuple[NDArray[np.intp], Call]:
    """The rows whose inputs JSON can hold, and their numbers."""
    finite = np.ones(len(next(iter(call.inputs.values()))), bool)
    for array in call.inputs.values():
        if array.dtype.kind == "f":
            finite &= np.isfinite(array).reshape(len(array), -1).all(axis=1)
    if finite.all():
        return np.arange(len(finite)), call
    return np.flatnonzero(finite), Call(
        {name: array[finite] for name, array in call.inputs.items()},
        {name: array[finite] for name, array in call.outputs.items()},
    )
