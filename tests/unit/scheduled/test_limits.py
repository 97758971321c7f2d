"""A file is scored in runs within the limits of its model."""

import json

from functions.scheduled.chunks import Line
from functions.scheduled.scoring import Rejected, Scored, _score_lines
from functions.storage import Bucket
from inference.models import Model, ModelFolder
from tests.processes import MODELS

SOURCE = Bucket("flowers")
LINES = [Line(number, b"[5.1, 3.5, 1.4, 0.2]") for number in range(1, 8)]


def iris(max_values: int) -> Model:
    """The tests' model, whose requests may hold so many values; a row has four."""
    model = ModelFolder(MODELS).get("iris")
    metadata = model.metadata.model_copy(update={"max_values": max_values})
    return Model(metadata, model._engine)  # noqa: SLF001


def test_rows_that_exceed_the_limit_together_are_scored_in_smaller_runs() -> None:
    whole = _score_lines(iris(1000), LINES, SOURCE)
    assert _score_lines(iris(9), LINES, SOURCE) == whole
    assert [type(result) for result in whole] == [Scored] * 7


def test_a_row_that_exceeds_the_limit_alone_is_a_reject() -> None:
    lines = [*LINES[:1], Line(2, json.dumps([1, 2, 3, "4"]).encode())]
    results = _score_lines(iris(3), lines, SOURCE)
    assert [type(result) for result in results] == [Rejected, Rejected]
    errors = [result.error for result in results if isinstance(result, Rejected)]
    assert errors[0].startswith("4 values; 3 may be sent at once (max_values ")
    assert errors[1] == "'flower' takes numbers, not str"
