"""How long answers take: the first one, and the middle and the slowest hundredth of many more."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from functions.replay import (
    PREDICT_QUERY,
    UnsendableRowError,
    cut,
    predict_body,
    predict_path,
    rows_of,
)
from inference.calls import Call
from inference.metadata import Metadata
from scripts.smoking.answers import problem_of
from scripts.smoking.client import Client, NoAnswerError
from scripts.smoking.differences import Difference

_DECIMALS = 1000  # milliseconds of a second
_NOT_MEASURED = 3  # failures after which a model is not measured further


@dataclass(frozen=True)
class Latency:
    """Of one model, in milliseconds: the first answer, p50 and p99 of ``requests`` more."""

    model: str
    requests: int
    first: float
    p50: float
    p99: float


def measure(
    client: Client,
    metadata: Metadata,
    call: Call,
    requests: int,
    advance: Callable[[str], None],
) -> tuple[Latency | None, list[Difference]]:
    """Ask for one golden row, one request after the other.

    Raises :class:`scripts.smoking.client.StoppedError`.
    """
    signature = metadata.default_signature
    described = metadata.signatures[signature]
    has_rows = all(spec.shape[:1] == (-1,) for spec in described.outputs.values())
    row = rows_of(call, described, 0, 1) if has_rows else call
    body = predict_body(signature, row.inputs)
    try:
        list(cut(row, metadata, signature, lambda _: len(body)))
    except UnsendableRowError:  # the replay says so
        return None, []
    path = f"{predict_path(metadata.name)}?{PREDICT_QUERY}"
    seconds: list[float] = []
    failures: list[str] = []
    for number in range(requests + 1):
        advance(f"{metadata.name}, request {number} of {requests}")
        try:
            answer = client.send("POST", path, body, {"content-type": "application/json"})
        except NoAnswerError as error:
            failures.append(str(error))
        else:
            if answer.status == HTTPStatus.OK:
                seconds.append(answer.seconds)
            else:
                failures.append(problem_of(client, answer, path))
        if len(failures) == _NOT_MEASURED:
            break
    where = f"{metadata.name}, latency"
    differences = [Difference(where, failure) for failure in dict.fromkeys(failures)]
    if len(seconds) <= 1:
        return None, differences
    return (
        Latency(
            metadata.name,
            len(seconds) - 1,
            seconds[0] * _DECIMALS,
            percentile(seconds[1:], 50) * _DECIMALS,
            percentile(seconds[1:], 99) * _DECIMALS,
        ),
        differences,
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent do not exceed: always one that was measured."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
