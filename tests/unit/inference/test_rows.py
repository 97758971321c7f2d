from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inference.errors import InvalidInputError
from inference.rows import from_columns, from_rows, to_rows
from inference.signatures import Signature, TensorSpec

ONE = Signature(inputs={"x": TensorSpec(dtype="float32", shape=(-1, 2))}, outputs={})
TWO = Signature(
    inputs={
        "age": TensorSpec(dtype="int32", shape=(-1,)),
        "name": TensorSpec(dtype="string", shape=(-1,)),
    },
    outputs={},
)


@given(st.integers(1, 5), st.data())
def test_rows_come_back_as_they_were(batch: int, data: st.DataObject) -> None:
    inputs = {
        "age": data.draw(arrays.arrays("int32", batch)),
        "name": np.array(data.draw(st.lists(st.binary(), min_size=batch, max_size=batch)), object),
    }
    again = from_rows(to_rows(inputs, as_b64=["name"]), TWO)
    assert again.keys() == inputs.keys()
    for name, array in inputs.items():
        np.testing.assert_array_equal(again[name], array)


@given(arrays.arrays("float32", st.tuples(st.integers(1, 5), st.just(2))))
def test_a_model_of_one_input_takes_values_without_its_name(array: Any) -> None:
    named = from_rows([{"x": row} for row in array.tolist()], ONE)
    unnamed = from_rows(array.tolist(), ONE)
    np.testing.assert_array_equal(named["x"], array)
    np.testing.assert_array_equal(unnamed["x"], array)


def test_bytes_without_a_name_are_a_value_and_no_row_of_names() -> None:
    texts = Signature(inputs={"text": TensorSpec(dtype="string", shape=(-1,))}, outputs={})
    assert from_rows([{"b64": "/w=="}, "é"], texts)["text"].tolist() == [b"\xff", "é".encode()]


@pytest.mark.parametrize(
    ("rows", "signature", "message"),
    [
        ([], ONE, "non-empty list"),
        ({"x": [1, 2]}, ONE, "non-empty list"),
        (None, ONE, "non-empty list"),
        ([{"x": [1, 2]}, [1, 2]], ONE, "all objects or all values"),
        ([{"y": [1, 2]}], ONE, r"exactly the inputs \['x'\]"),
        ([{"x": [1, 2], "y": 1}], ONE, r"exactly the inputs \['x'\]"),
        ([{"x": [1, 2]}, {"x": [1]}], ONE, "ragged"),
        ([1], TWO, r"the model has 2 inputs, \['age', 'name'\]; name them"),
        ([{"age": 1.5, "name": "a"}], TWO, "'age' takes integers"),
    ],
)
def test_what_are_no_rows(rows: object, signature: Signature, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        from_rows(rows, signature)


def test_columns_ignore_other_names_and_miss_none() -> None:
    columns = from_columns({"x": [[1, 2]], "more": None}, ONE)
    assert columns.keys() == {"x"}
    with pytest.raises(InvalidInputError, match=r"Missing named input\(s\): \['age'\]"):
        from_columns({"name": ["a"]}, TWO)
    assert from_columns([[1, 2]], ONE).keys() == {"x"}
    with pytest.raises(InvalidInputError, match="name them"):
        from_columns([[1, 2]], TWO)


@pytest.mark.parametrize(
    "outputs",
    [
        {"total": np.float32(1)},
        {"a": np.zeros(2), "b": np.zeros(3)},
        {"a": np.zeros(2), "total": np.float32(1)},
    ],
)
def test_outputs_that_are_no_rows_are_a_clear_error(outputs: Any) -> None:
    with pytest.raises(InvalidInputError, match="share no first dimension"):
        to_rows({name: np.asarray(array) for name, array in outputs.items()})
