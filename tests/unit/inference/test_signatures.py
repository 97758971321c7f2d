import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import InvalidInputError
from inference.signatures import Signature, TensorSpec

SHAPES = st.lists(st.integers(-1, 5), max_size=4).map(tuple)


def signature(**shapes: tuple[int, ...]) -> Signature:
    """Inputs of these shapes, and one output that has a value for each row."""
    specs = {name: TensorSpec(dtype="float32", shape=shape) for name, shape in shapes.items()}
    return Signature(inputs=specs, outputs={"y": TensorSpec(dtype="float32", shape=(-1,))})


@given(SHAPES, st.data())
def test_a_shape_fits_if_every_size_is_equal_or_free(
    shape: tuple[int, ...], data: st.DataObject
) -> None:
    spec = TensorSpec(dtype="int8", shape=shape)
    actual = tuple(data.draw(st.integers(0, 9)) if size == -1 else size for size in shape)
    assert spec.accepts(actual)
    assert not spec.accepts((*actual, 1))
    for place, size in enumerate(shape):
        changed = (*actual[:place], actual[place] + 1, *actual[place + 1 :])
        assert spec.accepts(changed) == (size == -1)


def test_inputs_must_have_the_names_dtypes_and_shapes() -> None:
    expected = signature(x=(-1, 2))
    expected.check({"x": np.zeros((3, 2), np.float32)})
    with pytest.raises(InvalidInputError, match=r"inputs are \['z'\], the signature wants \['x'\]"):
        expected.check({"z": np.zeros((3, 2), np.float32)})
    with pytest.raises(InvalidInputError, match=r"float64\[3, 2\]"):
        expected.check({"x": np.zeros((3, 2))})
    with pytest.raises(InvalidInputError, match=r"wants float32\[-1, 2\]"):
        expected.check({"x": np.zeros((3, 3), np.float32)})


@given(st.integers(0, 5), st.integers(0, 5))
def test_inputs_must_have_the_same_number_of_rows(first: int, second: int) -> None:
    inputs = {"a": np.zeros(first, np.float32), "b": np.zeros((second, 2), np.float32)}
    both = signature(a=(-1,), b=(-1, 2))
    if first == second:
        both.check(inputs)
        assert both.rows(inputs) == first
    else:
        with pytest.raises(InvalidInputError, match="different numbers of rows"):
            both.check(inputs)


def test_a_fixed_first_dimension_is_no_batch() -> None:
    mixed = signature(a=(-1,), fixed=(30,))
    assert not mixed.takes_rows
    assert mixed.rows({"a": np.zeros(2, np.float32), "fixed": np.zeros(30, np.float32)}) == 2
    assert signature(scalar=()).rows({"scalar": np.zeros((), np.float32)}) == 1


@given(st.integers(0, 9))
def test_the_fewest_values_of_an_answer(rows: int) -> None:
    outputs = {
        "wide": TensorSpec(dtype="float32", shape=(-1, 4)),
        "free": TensorSpec(dtype="float32", shape=(-1, -1, 2)),
        "whole": TensorSpec(dtype="float32", shape=(3,)),
    }
    assert Signature(inputs={}, outputs=outputs).values(rows) == rows * 4 + rows * 2 + 3


def test_an_empty_batch_has_empty_outputs() -> None:
    outputs = {"y": TensorSpec(dtype="int32", shape=(-1, 4))}
    (array,) = Signature(inputs={}, outputs=outputs).empty_outputs().values()
    assert array.shape == (0, 4)
    assert array.dtype == np.dtype("int32")
