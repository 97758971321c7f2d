"""Sequences: refused, padded or cut, as the declaration says."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.inputs.cells import Cell
from inference.inputs.sequences import SequenceInput
from inference.signatures import DType, TensorSpec
from tests.unit.inference.inputs.places import error_of, field

PADDED = SequenceInput(length=4, short="pad", long="cut", padding=-1)


def spec(*shape: int, dtype: DType = "float32") -> TensorSpec:
    return TensorSpec(dtype=dtype, shape=(-1, *shape))


def decode(sequence: SequenceInput, value: Any, tensor: TensorSpec) -> list[Any]:
    row: list[Any] = sequence.decode(value, tensor, "series", field).tolist()
    return row


@given(st.lists(st.integers(-5, 5), max_size=9))
def test_sequences_are_padded_and_cut_on_the_right(values: list[int]) -> None:
    row = decode(PADDED, values, spec(4, dtype="int32"))
    assert row == [*values, -1, -1, -1, -1][:4]


@pytest.mark.parametrize("values", [[1, 2, 3], [1, 2, 3, 4, 5], []])
def test_nothing_is_padded_or_cut_that_the_declaration_does_not_say(values: list[int]) -> None:
    error = error_of(lambda: decode(SequenceInput(), values, spec(4)))
    assert error.message == f"'series' takes a sequence of 4 steps, found {len(values)}"
    assert error.places[0].field == "body.instances.3"


def test_only_one_end_may_be_declared() -> None:
    pad, cut = SequenceInput(short="pad"), SequenceInput(long="cut")
    assert decode(pad, [1], spec(2)) == [1, 0]
    assert decode(cut, [1, 2, 3], spec(2)) == [1, 2]
    error_of(lambda: decode(pad, [1, 2, 3], spec(2)))
    error_of(lambda: decode(cut, [1], spec(2)))


def test_steps_of_several_values_are_padded_too() -> None:
    assert decode(PADDED, [[1, 2]], spec(-1, 2)) == [[1, 2], [-1, -1], [-1, -1], [-1, -1]]
    assert decode(PADDED, [], spec(-1, 2)) == [[-1, -1]] * 4
    error = error_of(lambda: decode(PADDED, [[1, 2, 3]], spec(4, 2)))
    assert "a list with 2 values at each step" in error.message


def test_a_series_of_one_value_at_each_step_may_be_flat() -> None:
    assert decode(PADDED, [1, 2], spec(4, 1)) == [[1], [2], [-1], [-1]]
    assert decode(PADDED, [[1], [2]], spec(4, 1)) == [[1], [2], [-1], [-1]]


def test_a_free_length_stays_free() -> None:
    assert decode(SequenceInput(), [1, 2, 3], spec(-1)) == [1, 2, 3]


def test_a_cell_holds_a_list_in_json() -> None:
    assert decode(PADDED, Cell("[1, 2.5]"), spec(4)) == [1, 2.5, -1, -1]


@pytest.mark.parametrize("cell", ["1, 2", "", "{}", "[1", "7"])
def test_a_cell_that_holds_no_list_is_refused(cell: str) -> None:
    error = error_of(lambda: decode(PADDED, Cell(cell), spec(4)))
    assert error.message == "'series' takes a list of numbers, such as [1, 2.5]"


def test_a_wrong_step_is_named_by_its_place() -> None:
    error = error_of(lambda: decode(PADDED, [1, "secret"], spec(4)))
    assert [place.field for place in error.places] == ["body.instances.3.1"]
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("declaration", "tensor", "message"),
    [
        (SequenceInput(), TensorSpec(dtype="float32", shape=(-1,)), "needs the shape"),
        (SequenceInput(), spec(4, dtype="string"), "a sequence has numbers"),
        (SequenceInput(), spec(4, dtype="bool"), "a sequence has numbers"),
        (SequenceInput(length=5), spec(4), "cannot have the length 5"),
        (SequenceInput(short="pad"), spec(-1), "say the length"),
        (SequenceInput(long="cut"), spec(-1), "say the length"),
        (SequenceInput(length=5, short="pad"), spec(-1, -1), "steps of any size"),
        (SequenceInput(short="pad", padding=0.5), spec(4, dtype="int32"), "'padding' of input"),
        (SequenceInput(short="pad", padding=-1), spec(4, dtype="uint8"), "out of uint8's range"),
    ],
)
def test_a_declaration_that_does_not_fit_its_tensor_is_refused(
    declaration: SequenceInput, tensor: TensorSpec, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        declaration.check(tensor, "series")


def test_the_schema_bounds_the_length_that_is_refused() -> None:
    assert "minItems" not in PADDED.json_schema(spec(4))
    assert "maxItems" not in PADDED.json_schema(spec(4))
    fixed = SequenceInput().json_schema(spec(4, 2))
    assert (fixed["minItems"], fixed["maxItems"]) == (4, 4)
    assert fixed["items"] | {"items": None} == {
        "type": "array",
        "items": None,
        "minItems": 2,
        "maxItems": 2,
    }


def test_rows_of_different_lengths_are_stacked_after_padding() -> None:
    rows = [PADDED.decode(row, spec(-1), "series", field) for row in ([1], [1, 2, 3, 4, 5])]
    assert np.stack(rows).tolist() == [[1, -1, -1, -1], [1, 2, 3, 4]]
