"""Texts into numbers of words: what stands in the text, how long it is, and what is refused."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from inference.errors import InvalidInputError, TooLargeError
from inference.preprocessing import step
from tests.unit.inference.preprocessing.steps import WORDS, make, strings, vectorization

MEGABYTES = 5_000_000


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        ({}, b"The CAT, the  dog!", [2, 3, 2, 1]),
        ({}, b"", []),
        ({}, "THE É é".encode(), [2, 1, 4]),  # lowercase of ASCII only
        ({}, b"the\xc2\xa0cat the\xe3\x80\x80cat", [1, 1]),  # other spaces do not separate
        ({}, b"the\x00cat the\r\n\x0b\x0ccat", [1, 2, 3]),
        ({}, b"\xff \xed\xa0\x80 the", [1, 1, 2]),
        ({"standardize": None}, b"The cat.", [1, 1]),
        ({"standardize": "lower"}, b"The cat. CAT", [2, 1, 3]),
        ({"standardize": "strip_punctuation"}, b"The cat.", [1, 3]),
        ({"output_sequence_length": 3}, b"the cat", [2, 3, 0]),
        ({"output_sequence_length": 3}, b"the cat the cat", [2, 3, 2]),
        ({"ngrams": 2}, b"the cat the", [2, 3, 2, 5, 1]),
        ({"ngrams": [2]}, b"the", []),
        ({"ngrams": [2, 1], "output_sequence_length": 4}, b"the cat the", [5, 1, 2, 3]),
        ({"split": "character"}, "é\u0301".encode(), [4, 1]),
        ({"split": None}, b"THE CAT", [5]),
        ({"split": None, "output_sequence_length": 2}, b"!", [0, 0]),
    ],
)
def test_numbers_of_words(options: dict[str, Any], text: bytes, expected: list[int]) -> None:
    made = vectorization(**options)
    np.testing.assert_array_equal(
        made.compute(strings([text])), np.array([expected], np.int64), strict=True
    )


def test_the_longest_text_gives_the_length() -> None:
    answer = vectorization().compute(strings(b"the", b"the cat the", b""))
    assert answer.tolist() == [[2, 0, 0], [2, 3, 2], [0, 0, 0]]
    assert vectorization().compute(np.empty(0, object)).shape == (0, 0)


@pytest.mark.parametrize(
    ("mode", "keras", "dtype", "expected"),
    [
        ("multi_hot", 3, "int64", [1, 1, 1, 0, 0]),
        ("count", 3, "int64", [1, 2, 1, 0, 0]),
        ("count", 2, "float32", [1, 2, 1, 0, 0]),
        ("tf_idf", 3, "float32", [0.5, 4, 3, 0, 0]),
    ],
)
def test_counts_of_words(mode: str, keras: int, dtype: str, expected: list[float]) -> None:
    weights = [0.5, 2, 3, 4, 5] if mode == "tf_idf" else None
    made = vectorization(mode, keras=keras, idf_weights=weights)
    answer = made.compute(strings([b"the cat, the dog"]))
    np.testing.assert_array_equal(answer, np.array([expected], dtype), strict=True)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("standardize", {"class_name": "function", "config": "own_standardize"}),
        ("split", {"class_name": "function", "config": "own_split"}),
        ("ragged", True),
        ("sparse", True),
        ("ngrams", 0),
        ("ngrams", []),
        ("output_mode", "one_hot"),
        ("output_sequence_length", 0),
        ("encoding", "utf-16"),
        ("vocabulary", WORDS),
        ("vocabulary", ["", "[UNK]", "a", "a"]),
        ("vocabulary", ["", "[UNK]", ""]),
        ("vocabulary", ["", "[UNK]", "\ud800"]),
        ("idf_weights", [1.0]),
        ("pad_to_max_tokens", True),
        ("own_option", 1),
    ],
)
def test_what_is_not_computed_is_refused_by_name(option: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=option):
        vectorization(**{option: value})


def test_options_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValidationError, match="ngrams"):
        vectorization(split=None, ngrams=2)
    with pytest.raises(ValidationError, match="output_sequence_length"):
        vectorization("count", output_sequence_length=4)
    with pytest.raises(ValidationError, match="max_tokens"):
        vectorization("count", pad_to_max_tokens=True, max_tokens=3)
    with pytest.raises(ValidationError, match="inputs"):
        make("TextVectorization", 2, vocabulary=["", "[UNK]"])


@pytest.mark.parametrize("array", [np.ones((1, 1)), strings([b"a", b"b"]), strings([[b"a"]])])
def test_other_inputs_are_refused(array: Any) -> None:
    with pytest.raises(InvalidInputError):
        vectorization().compute(array)


@pytest.mark.parametrize("options", [{}, {"ngrams": 3}, {"split": "character", "ngrams": 3}])
def test_a_text_of_megabytes_takes_bounded_memory(options: dict[str, Any]) -> None:
    text = strings([b"a " * (MEGABYTES // 2)])
    made = vectorization(output_sequence_length=200, **options)
    tracemalloc.start()
    try:
        assert made.compute(text).shape == (1, 200)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MEGABYTES  # copies of the text, and not a list of its words


def test_a_tensor_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    long = strings(b"a " * 3000, *[b"a"] * 3000)
    monkeypatch.setattr(step, "MOST_VALUES", 1_000_000)
    with pytest.raises(TooLargeError, match=r"\[3001, 3000\]"):
        vectorization().compute(long)
    with pytest.raises(TooLargeError, match="fewer rows"):
        vectorization("count", max_tokens=1000, pad_to_max_tokens=True).compute(long)
