"""A file of rows through any model: predictions and rejects in parts, a manifest last.

A source line is what one of ``instances`` is: an object by input name, or the value of the only
input. A checkpoint after every part lets a retry go on where the last attempt stopped.
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from functions.scheduled.clock import Clock
from functions.storage import Bucket, pack_lines
from inference.errors import InvalidInputError
from inference.models import Model, served_models
from inference.signatures import Tensors
from inference.tensors import from_json, to_json

_ROWS_OF_A_PART = 1000

Row = tuple[int, Any]  # the line's number in the file, from 1, and its value


def score(name: str, source: str, target: str, batch: str, clock: Clock) -> dict[str, Any]:
    """Write ``TARGET/BATCH/…``; returns the manifest, whose counts add up.

    Raises ``OutOfTimeError`` between parts, and :class:`inference.errors.InferenceError` for a
    model that is not served.
    """
    model = served_models().get(name)
    place, goal = urlsplit(source), urlsplit(target)
    bucket = Bucket(goal.netloc)
    folder = f"{goal.path.strip('/')}/{batch}/"
    finished = bucket.read(f"{folder}manifest.json")
    if finished is not None:
        known: dict[str, Any] = json.loads(finished)
        return known
    progress: dict[str, Any] = json.loads(
        bucket.read(f"{folder}checkpoint.json")
        or json.dumps({"rows": 0, "scored": 0, "rejected": 0, "parts": []})
    )
    lines = Bucket(place.netloc).lines(place.path.lstrip("/"))
    rest = islice(enumerate(lines, start=1), progress["rows"], None)
    while chunk := list(islice(rest, min(_ROWS_OF_A_PART, model.metadata.max_batch))):
        clock.check(f"{progress['rows']} rows")
        scored, rejected = _score_lines(model, chunk)
        number = len(progress["parts"])
        part: dict[str, Any] = {
            "rows": len(chunk),
            "scored": len(scored),
            "rejected": len(rejected),
        }
        for kind, written in (("part", scored), ("rejects", rejected)):
            if written:
                part[f"{kind}_key"] = key = f"{folder}{kind}-{number:05}.jsonl.gz"
                bucket.write(key, pack_lines([json.dumps(one) for one in written]))
        progress["parts"].append(part)
        for count in ("rows", "scored", "rejected"):
            progress[count] += part[count]
        bucket.write(f"{folder}checkpoint.json", json.dumps(progress).encode())
    manifest = {"model": name, "version": model.metadata.version, "source": source} | progress
    bucket.write_once(f"{folder}manifest.json", json.dumps(manifest).encode())
    return manifest


def _score_lines(
    model: Model, lines: list[tuple[int, bytes]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows: list[Row] = []
    rejected = []
    for number, line in lines:
        try:
            rows.append((number, json.loads(line)))
        except ValueError:
            rejected.append({"row": number, "error": "not JSON"})
    scored: list[dict[str, Any]] = []
    for one in _predictions(model, rows):
        (rejected if "error" in one else scored).append(one)
    return scored, sorted(rejected, key=lambda one: one["row"])


def _predictions(model: Model, rows: list[Row]) -> Iterator[dict[str, Any]]:
    """All rows in one run; where that fails, each by itself, to find out which are bad."""
    if not rows:
        return
    try:
        outputs = model.predict(_stack(model, [value for _, value in rows]))
    except InvalidInputError as error:
        if len(rows) == 1:
            yield {"row": rows[0][0], "error": str(error)}
            return
        for row in rows:
            yield from _predictions(model, [row])
        return
    columns = [to_json(array) for array in outputs.values()]
    for (number, _), values in zip(rows, zip(*columns, strict=True), strict=True):
        yield {"row": number, "prediction": dict(zip(outputs, values, strict=True))}


def _stack(model: Model, values: list[Any]) -> Tensors:
    inputs = model.metadata.signatures[model.metadata.default_signature].inputs
    named = [value if isinstance(value, dict) else {next(iter(inputs)): value} for value in values]
    if any(row.keys() != inputs.keys() for row in named):
        raise InvalidInputError(f"a row must have exactly the inputs {sorted(inputs)}")
    return {
        name: from_json([row[name] for row in named], spec, name) for name, spec in inputs.items()
    }
