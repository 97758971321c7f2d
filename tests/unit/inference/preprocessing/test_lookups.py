"""Lookups, hashing and crossing: places of values, values beyond the vocabulary, and refusals."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from inference.errors import InvalidInputError
from tests.unit.inference.preprocessing.steps import make, strings

LETTERS = strings([b"a", b"z", b"", b"a"])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"vocabulary": ["[UNK]", "a", "b"]}, [[1, 0, 0, 1]]),
        ({"vocabulary": ["", "[UNK]", "a"], "mask_token": ""}, [[2, 1, 0, 2]]),
        ({"vocabulary": ["[UNK]"] * 3 + ["a"], "num_oov_indices": 3}, [[3, 1, 2, 3]]),
        ({"vocabulary": ["[UNK]", "a"], "output_mode": "count"}, [[2, 2]]),
        ({"vocabulary": ["[UNK]", "a"], "output_mode": "multi_hot"}, [[1, 1]]),
        ({"vocabulary": ["[UNK]", "a"], "output_mode": "count", "mask_token": ""}, [[1, 2]]),
        (
            {"vocabulary": ["[UNK]", "a"], "output_mode": "one_hot", "mask_token": ""},
            [[[0, 1], [1, 0], [0, 0], [0, 1]]],
        ),
    ],
)
def test_strings(options: dict[str, Any], expected: list[Any]) -> None:
    answer = make("StringLookup", **options).compute(LETTERS)
    np.testing.assert_array_equal(answer, np.array(expected, np.int64), strict=True)


def test_integers() -> None:
    values = np.array([[5.9, 7, -3, 0]], np.float32)
    made = make("IntegerLookup", vocabulary=[0, -1, -1, 7, 5], mask_token=0, num_oov_indices=2)
    assert made.compute(values).tolist() == [[4, 3, 2, 0]]
    made = make("IntegerLookup", vocabulary=[-1, 7, 5], output_mode="count", keras=2)
    answer = made.compute(values)
    np.testing.assert_array_equal(answer, np.array([[2, 1, 1]], np.float32), strict=True)


def test_back_to_values() -> None:
    places = np.array([[0, 1, 2, 3, -1]])
    made = make("StringLookup", vocabulary=["", "[UNK]", "a"], mask_token="", invert=True)
    assert made.compute(places).tolist() == [[b"", b"[UNK]", b"a", b"[UNK]", b"[UNK]"]]
    made = make("IntegerLookup", vocabulary=[-1, 9], invert=True)
    assert made.compute(places).tolist() == [[-1, 9, -1, -1, -1]]


def test_a_value_without_a_place_is_named() -> None:
    made = make("StringLookup", vocabulary=["a"], num_oov_indices=0)
    with pytest.raises(InvalidInputError, match=r"b'z' is not in the vocabulary"):
        made.compute(LETTERS)
    with pytest.raises(InvalidInputError, match="expected strings"):
        made.compute(np.array([[1]]))


@pytest.mark.parametrize(
    ("layer", "options", "named"),
    [
        ("StringLookup", {"vocabulary": ["a"]}, "special tokens"),
        ("StringLookup", {"vocabulary": ["[UNK]", "a", "a"]}, "vocabulary"),
        ("StringLookup", {"vocabulary": ["[UNK]", "a"], "sparse": True}, "sparse"),
        ("StringLookup", {"vocabulary": ["[UNK]", "a"], "output_mode": "tf_idf"}, "idf_weights"),
        ("StringLookup", {"vocabulary": ["[UNK]", "a"], "dtype": "float32"}, "dtype"),
        (
            "StringLookup",
            {"vocabulary": ["[UNK]", "a"], "invert": True, "output_mode": "count"},
            "invert",
        ),
        ("IntegerLookup", {"vocabulary": [-1, 3], "salt": 4}, "salt"),
        ("IntegerLookup", {"vocabulary": [-1, 3], "vocabulary_dtype": "int32"}, "vocabulary_dtype"),
        ("Hashing", {"num_bins": 0}, "num_bins"),
        ("Hashing", {"num_bins": 4, "sparse": True}, "sparse"),
        ("Hashing", {"num_bins": 4, "dtype": "float32"}, "dtype"),
        ("HashedCrossing", {"num_bins": 4}, "inputs"),
    ],
)
def test_what_is_not_computed_is_refused_by_name(
    layer: str, options: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        make(layer, **options)


def test_hashing() -> None:
    """The example of Keras' documentation."""
    values = strings([b"A"], [b"B"], [b"C"], [b"D"], [b"E"])
    assert make("Hashing", num_bins=3).compute(values).ravel().tolist() == [1, 0, 1, 1, 2]
    salted = make("Hashing", num_bins=3, salt=133).compute(values)
    assert salted.ravel().tolist() == [0, 0, 2, 1, 0]
    masked = make("Hashing", num_bins=3, mask_value="A").compute(values)
    assert masked.ravel().tolist() == [0, 1, 2, 2, 1]  # 0 is kept for the mask
    with pytest.raises(InvalidInputError, match="mask value"):
        make("Hashing", num_bins=3, mask_value=4).compute(values)


def test_crossing() -> None:
    """The example of Keras' documentation."""
    first, second = strings(b"A", b"B", b"A", b"B", b"A"), np.array([101, 101, 101, 102, 102])
    crossing = make("HashedCrossing", 2, num_bins=5)
    assert crossing.compute(first, second).tolist() == [1, 4, 1, 1, 3]
    with pytest.raises(InvalidInputError, match="one value in a row"):
        crossing.compute(first, second[:3])
