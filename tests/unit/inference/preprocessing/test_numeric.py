"""Bins, categories, scales and shapes."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from inference.errors import InvalidInputError
from tests.unit.inference.preprocessing.steps import make, strings

MATRIX = np.array([[0.0, 2.0], [5.0, 9.0]], np.float32)


@pytest.mark.parametrize(
    ("layer", "options", "expected", "dtype"),
    [
        ("Discretization", {"bin_boundaries": [0, 5]}, [[1, 1], [2, 2]], "int32"),
        ("Discretization", {"bin_boundaries": [0, 5], "keras": 2}, [[1, 1], [2, 2]], "int64"),
        (
            "Discretization",
            {"bin_boundaries": [0, 5], "output_mode": "count"},
            [[0, 2, 0], [0, 0, 2]],
            "float32",
        ),
        (
            "Normalization",
            {"mean": [1, 3], "variance": [4, 0]},
            [[-0.5, -1e7], [2, 6e7]],
            "float32",
        ),
        (
            "Normalization",
            {"mean": 1, "variance": 4, "axis": None, "invert": True},
            [[1, 5], [11, 19]],
            "float32",
        ),
        ("Rescaling", {"scale": 2, "offset": [0, -1]}, [[0, 3], [10, 17]], "float32"),
        ("CategoryEncoding", {"num_tokens": 3}, [[1, 0, 1], [0, 0, 0]], "float32"),
        ("Reshape", {"target_shape": [-1, 1]}, [[[0], [2]], [[5], [9]]], "float32"),
        ("Flatten", {}, [[0, 2], [5, 9]], "float32"),
        ("Squeeze", {}, [[0, 2], [5, 9]], "float32"),
        ("ExpandDims", {"axis": 1}, [[[0, 2]], [[5, 9]]], "float32"),
        ("Columns", {"start": 1, "stop": 2}, [[2], [9]], "float32"),
        ("Cast", {"dtype": "int64"}, [[0, 2], [5, 9]], "int64"),
        ("Cast", {"dtype": "bool"}, [[False, True], [True, True]], "bool"),
        ("Identity", {}, [[0, 2], [5, 9]], "float32"),
    ],
)
def test_numbers(layer: str, options: dict[str, Any], expected: Any, dtype: str) -> None:
    answer = make(layer, **options).compute(MATRIX)
    np.testing.assert_allclose(answer, np.array(expected, dtype), rtol=1e-6, strict=True)


def test_categories_below_0_are_left_out_or_refused_as_in_keras() -> None:
    numbers = np.array([[-1, 2, 0]])
    one_hot = make("CategoryEncoding", num_tokens=2, output_mode="one_hot").compute(numbers)
    assert one_hot.tolist() == [[[0, 0], [0, 0], [1, 0]]]
    counting = make("CategoryEncoding", num_tokens=2, output_mode="count")
    assert counting.compute(numbers[..., None]).tolist() == [[[1, 0]]]
    with pytest.raises(InvalidInputError, match="-1 is negative"):
        counting.compute(numbers)


def test_tensors_side_by_side() -> None:
    wide = make("Concatenate", 2).compute(MATRIX, np.array([[1], [2]]))
    np.testing.assert_array_equal(wide, np.array([[0, 2, 1], [5, 9, 2]], np.float32), strict=True)
    with pytest.raises(InvalidInputError, match="one dtype"):
        make("Concatenate", 2, keras=2).compute(MATRIX, np.array([[1], [2]]))
    with pytest.raises(InvalidInputError, match="shapes"):
        make("Concatenate", 2).compute(MATRIX, MATRIX[:1])


def test_missing_and_infinite_numbers_stay_what_they_are() -> None:
    values = np.array([[np.nan, np.inf]], np.float32)
    scaled = make("Normalization", mean=[1, 1], variance=[1, 1]).compute(values)
    np.testing.assert_array_equal(scaled, values)
    assert make("Discretization", bin_boundaries=[1, 2]).compute(values).tolist() == [[2, 2]]


@pytest.mark.parametrize(
    ("layer", "options", "named"),
    [
        ("Discretization", {"bin_boundaries": [2, 1]}, "bin_boundaries"),
        ("Discretization", {"bin_boundaries": []}, "bin_boundaries"),
        ("Normalization", {"mean": [1, 2], "variance": [1]}, "mean"),
        ("Normalization", {"mean": [], "variance": []}, "mean"),
        ("Normalization", {"mean": [[1]], "variance": [[1]]}, "mean"),
        ("CategoryEncoding", {"num_tokens": 3, "sparse": True}, "sparse"),
    ],
)
def test_what_is_not_computed_is_refused_by_name(
    layer: str, options: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        make(layer, **options)


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        ("Discretization", {"bin_boundaries": [1]}),
        ("CategoryEncoding", {"num_tokens": 3}),
        ("Rescaling", {"scale": 1}),
        ("Cast", {"dtype": "float32"}),
    ],
)
def test_strings_are_refused(layer: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        make(layer, **options).compute(strings([b"a"]))


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        ("Normalization", {"mean": [1, 2, 3], "variance": [1, 2, 3]}),
        ("Normalization", {"mean": 1, "variance": 1, "axis": 2}),
        ("CategoryEncoding", {"num_tokens": 9, "keras": 2}),
        ("CategoryEncoding", {"num_tokens": 10, "keras": 2, "output_mode": "one_hot"}),
        ("Reshape", {"target_shape": [3]}),
        ("Squeeze", {"axis": 1}),
        ("ExpandDims", {"axis": 9}),
        ("Columns", {"start": 1, "stop": 3}),
    ],
)
def test_shapes_and_values_that_do_not_fit_are_refused(layer: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        make(layer, **options).compute(MATRIX)
