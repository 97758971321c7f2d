"""Scores of classes: probabilities from logits, and the best classes of each row."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inference.tensors import Json, to_json

_FEW_CLASSES = 256  # that are sorted sooner than they are selected
Activation = Literal["none", "softmax", "sigmoid"]


def probabilities(logits: NDArray[Any], activation: Activation) -> NDArray[Any]:
    """Of the last dimension; stable for logits of any size. ``none`` leaves them as they are."""
    if activation == "none":
        return logits
    # Half floats and integers would lose digits; float32 stays as Keras computes it.
    exact = logits.astype(logits.dtype if logits.dtype in (np.float32, np.float64) else np.float32)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        if activation == "sigmoid":
            small = np.exp(-np.abs(exact))
            return np.asarray(np.where(exact >= 0, 1 / (1 + small), small / (1 + small)))
        powers = np.exp(exact - exact.max(axis=-1, keepdims=True, initial=-np.inf))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def two_classes(scores: NDArray[Any]) -> NDArray[Any]:
    """(rows, 2) from the second class's score: the first has the rest of 1."""
    second = scores.reshape(len(scores))
    return np.stack([1 - second, second], axis=1)


def best_of(scores: NDArray[Any], names: Sequence[str], count: int) -> list[list[Json]]:
    """The best ``count`` classes of each row, the best first; equal ones in the tensor's order."""
    places = _best_places(scores, min(count, scores.shape[1]))
    chosen = to_json(np.take_along_axis(scores, places, axis=1))
    return [
        [_named(names, place, score) for place, score in zip(row, row_scores, strict=True)]
        for row, row_scores in zip(places.tolist(), chosen, strict=True)
    ]


def _best_places(scores: NDArray[Any], count: int) -> NDArray[np.intp]:
    """(rows, count). Only candidates are sorted: of 100,000 classes that saves most of the time."""
    if count == 1 and not (scores.dtype.kind == "f" and np.isnan(scores).any()):
        best: NDArray[np.intp] = np.argmax(scores, axis=1)
        return best[:, np.newaxis]
    order = _ascending(scores)
    if count == scores.shape[1] or scores.shape[1] <= _FEW_CLASSES:
        return np.argsort(order, axis=1, kind="stable")[:, :count]
    places = np.empty((len(scores), count), np.intp)
    limits = np.partition(order, count - 1, axis=1)[:, count - 1]
    for number, limit in enumerate(limits):
        # As good as the last one, or NaN, which is sorted last. argpartition alone would choose
        # among equal scores at random.
        places[number] = _sorted(order[number], np.flatnonzero(~(order[number] > limit)))[:count]
    return places


def _sorted(order: NDArray[Any], places: NDArray[np.intp]) -> NDArray[np.intp]:
    return places[np.argsort(order[places], kind="stable")]


def _ascending(scores: NDArray[Any]) -> NDArray[Any]:
    """Numbers of which the lowest is the best score's. NaN stays, and NumPy sorts it last."""
    if scores.dtype.kind == "f":
        return -scores
    return ~scores  # which reverses the order of integers of any size


def reaching(
    scores: NDArray[Any], names: Sequence[str], threshold: float, most: int | None = None
) -> list[list[Json]]:
    """All classes with at least this score, the best first, at most ``most``."""
    rows = []
    for row in scores:
        places = np.flatnonzero(row >= threshold)
        ordered = _sorted(_ascending(row), places)[:most]
        written = to_json(row[ordered])
        rows.append(
            [_named(names, place, score) for place, score in zip(ordered, written, strict=True)]
        )
    return rows


def _named(names: Sequence[str], place: int, score: Json) -> Json:
    return {"label": names[place] if place < len(names) else str(place), "score": score}
