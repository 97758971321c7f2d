"""Answers in pieces are the same JSON as answers in one piece."""

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.api.dialects import answers
from functions.api.dialects.answers import NonFiniteAs, Rows, json_bytes
from inference.errors import InvalidInputError, TooLargeError
from inference.rows import to_rows
from inference.tensors import Json, to_json

RANDOM = np.random.default_rng(0)
ARRAYS = [
    RANDOM.normal(size=shape).astype(np.float32)
    for shape in [(), (0,), (1,), (7,), (100,), (50, 3), (3, 50), (2, 3, 40), (0, 5), (4, 0)]
] + [np.array([b"a", b'"\xff'] * 9, object), np.array([np.nan, np.inf, 1.0] * 9)]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_VALUES_OF_A_PIECE", 8)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays(array: NDArray[Any]) -> None:
    value = {"outputs": array, "name": "x"}
    whole = {"outputs": to_json(array), "name": "x"}
    nans: list[NonFiniteAs] = ["null", "tokens"]
    for nan in nans:
        written = json_bytes(value, nan)
        assert written == json_bytes(whole, nan)
        json.loads(written)


@pytest.mark.parametrize("rows", [0, 1, 5, 40])
@pytest.mark.parametrize("width", [1, 3, 30])
@pytest.mark.parametrize("labelled", [False, True])
def test_rows(rows: int, width: int, labelled: bool) -> None:
    outputs: dict[str, NDArray[Any]] = {
        "y": RANDOM.normal(size=(rows, width)).astype(np.float32),
        "n": np.arange(rows),
    }
    extra = [{"label": str(row)} for row in range(rows)] if labelled else []
    whole = [{**row, **more} for row, more in zip(to_rows(outputs), extra or [{}] * rows)]  # noqa: B905
    assert json.loads(json_bytes({"predictions": Rows(outputs, extra=extra)})) == json.loads(
        json.dumps({"predictions": whole})
    )


def test_outputs_that_are_no_rows() -> None:
    with pytest.raises(InvalidInputError, match="share no first dimension"):
        Rows({"a": np.zeros(2), "b": np.zeros(3)})


def test_nothing_over_the_limit_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    def count(array: NDArray[Any]) -> Json:
        written.append(array.size)
        return to_json(array)

    monkeypatch.setattr(answers, "to_json", count)
    with pytest.raises(TooLargeError, match="the answer exceeds 1000 bytes"):
        json_bytes({"outputs": np.zeros(1_000_000) + 1 / 3}, limit=1000)
    assert sum(written) < 100
