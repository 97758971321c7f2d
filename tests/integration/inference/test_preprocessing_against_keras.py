"""Every preprocessing step answers what Keras' own layer answers, for Keras 3 and Keras 2."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.preprocessing.buckets import buckets
from tests.integration.inference.keras_layers import (
    GENERATIONS,
    SPECIAL,
    check,
    numbers,
    strings,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
both = pytest.mark.parametrize("generation", [2, 3])
VOCABULARY = [
    *["the", "cat", "a", "b", "\xe9", "e\u0301", "ß", "i̇", "the cat", "cat a b", "a\0b", "😀"],
    *["Dog", "\ufffd"],
]
IDF = [0.1 * (place + 1) for place in range(len(VOCABULARY))]
MODES = ["one_hot", "multi_hot", "count"]


@both
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"output_sequence_length": 3},
        {"standardize": None},
        {"standardize": "lower", "ngrams": 2},
        {"standardize": "strip_punctuation", "ngrams": (3, 1), "output_sequence_length": 3},
        {"split": "character"},
        {"split": "character", "standardize": None, "ngrams": (2, 1), "output_sequence_length": 5},
        {"split": "character", "standardize": "lower", "output_sequence_length": 4},
        {"standardize": None, "ngrams": 3, "output_sequence_length": 4},
    ],
)
def test_texts(generation: int, options: dict[str, Any]) -> None:
    layers = GENERATIONS[generation].layers
    check(layers.TextVectorization(vocabulary=VOCABULARY, **options), strings(1), examples=150)


@both
@pytest.mark.parametrize(
    "options",
    [
        {"output_mode": "multi_hot"},
        {"output_mode": "multi_hot", "ngrams": 2, "max_tokens": 20, "pad_to_max_tokens": True},
        {"output_mode": "count", "split": "character"},
        {"output_mode": "count", "split": None, "max_tokens": 20, "pad_to_max_tokens": True},
        {"output_mode": "tf_idf", "idf_weights": IDF, "ngrams": 2},
        {
            "output_mode": "tf_idf",
            "idf_weights": IDF,
            "split": None,
            "max_tokens": 20,
            "pad_to_max_tokens": True,
        },
    ],
)
def test_counts_of_words(generation: int, options: dict[str, Any]) -> None:
    layers = GENERATIONS[generation].layers
    check(layers.TextVectorization(vocabulary=VOCABULARY, **options), strings(1))


@both
@pytest.mark.parametrize("mode", ["int", "multi_hot", "count"])
@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_texts_that_are_not_split(generation: int, mode: str, shape: tuple[int, ...]) -> None:
    layer = GENERATIONS[generation].layers.TextVectorization(
        split=None,
        output_mode=mode,
        output_sequence_length=4 if mode == "int" and shape else None,
        vocabulary=VOCABULARY,
    )
    check(layer, strings(*shape))


@both
def test_texts_without_a_dimension_for_columns(generation: int) -> None:
    layer = GENERATIONS[generation].layers.TextVectorization(vocabulary=VOCABULARY)
    check(layer, strings())


@both
def test_an_adapted_layer(generation: int) -> None:
    learned = ["", " ".join(SPECIAL), "cat dog cat"]
    for mode in ("int", "tf_idf"):
        layer = GENERATIONS[generation].layers.TextVectorization(output_mode=mode, max_tokens=8)
        layer.adapt(np.array(learned, object))
        check(layer, strings(1))


LOOKUPS = [
    {},
    {"mask_token": "cat"},  # pragma: allowlist secret
    {"mask_token": "", "num_oov_indices": 0},
    {"mask_token": "cat", "num_oov_indices": 7, "oov_token": "?"},  # pragma: allowlist secret
    {"num_oov_indices": 3},
]


@both
@pytest.mark.parametrize("options", LOOKUPS)
@pytest.mark.parametrize("mode", ["int", *MODES, "tf_idf"])
def test_lookups_of_strings(generation: int, options: dict[str, Any], mode: str) -> None:
    tokens = [
        token
        for token in ["the", "The", "é", "a\0b", "", "a b"]
        if token != options.get("mask_token")
    ]
    layer = GENERATIONS[generation].layers.StringLookup(
        vocabulary=tokens,
        output_mode=mode,
        idf_weights=IDF[: len(tokens)] if mode == "tf_idf" else None,
        **options,
    )
    check(layer, strings(1 if mode == "one_hot" else 3))


@both
@pytest.mark.parametrize("mode", ["int", *MODES])
def test_lookups_without_a_dimension_for_columns(generation: int, mode: str) -> None:
    layers = GENERATIONS[generation].layers
    check(layers.StringLookup(vocabulary=["the", "cat"], output_mode=mode), strings())
    layer = layers.StringLookup(vocabulary=["the"], mask_token="cat", output_mode=mode)
    check(layer, strings(1))


@pytest.mark.parametrize("salt", [5, [-1, 2**62]])
def test_lookups_of_strings_with_a_salt(salt: Any) -> None:
    layer = GENERATIONS[3].layers.StringLookup(vocabulary=["a"], num_oov_indices=9, salt=salt)
    check(layer, strings(2))


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_keras_3_encodes_tensors_of_more_dimensions(mode: str) -> None:
    layer = GENERATIONS[3].layers.StringLookup(vocabulary=["the", "cat"], output_mode=mode)
    check(layer, strings(3, 2))
    layer = GENERATIONS[3].layers.CategoryEncoding(4, output_mode=mode)
    given_numbers = numbers("int64", 3, 2, values=st.integers(-2, 6))
    check(layer, given_numbers)


around = st.integers(-5, 12) | st.integers(-(2**63), 2**63 - 1)
INTEGERS = [
    {},
    {"mask_token": 0},
    {"mask_token": 3, "num_oov_indices": 0},
    {"mask_token": -4, "num_oov_indices": 4, "oov_token": -9},
]


@both
@pytest.mark.parametrize("options", INTEGERS)
@pytest.mark.parametrize("mode", ["int", *MODES, "tf_idf"])
def test_lookups_of_integers(generation: int, options: dict[str, Any], mode: str) -> None:
    layer = GENERATIONS[generation].layers.IntegerLookup(
        vocabulary=[5, 2, -3, 10, 7],
        output_mode=mode,
        idf_weights=IDF[:5] if mode == "tf_idf" else None,
        **options,
    )
    check(layer, numbers("int64", 1 if mode == "one_hot" else 3, values=around))
    floats = st.floats(-5, 12, width=32)
    check(layer, numbers("float32", 1, values=floats), examples=30)


@pytest.mark.parametrize("salt", [None, 5, [-1, 2**62]])
def test_lookups_of_integers_by_hash(salt: Any) -> None:
    layer = GENERATIONS[3].layers.IntegerLookup(
        vocabulary=[5, 2], num_oov_indices=9, oov_method="farmhash", salt=salt
    )
    check(layer, numbers("int64", 2, values=around))


@both
@pytest.mark.parametrize("mask", [False, True])
def test_inverted_lookups(generation: int, *, mask: bool) -> None:
    library = GENERATIONS[generation].layers
    layers = [
        library.StringLookup(vocabulary=["é", "b"], invert=True, mask_token="" if mask else None),
        library.IntegerLookup(vocabulary=[9, 8], invert=True, mask_token=0 if mask else None),
    ]
    for layer in layers:
        check(layer, numbers("int64", 2, values=around))


@both
@pytest.mark.parametrize("options", [{}, {"salt": 1337}, {"salt": [3, -4]}])
@pytest.mark.parametrize("mask", [False, True])
def test_hashing(generation: int, options: dict[str, Any], *, mask: bool) -> None:
    hashing = partial(GENERATIONS[generation].layers.Hashing, **options)
    for bins in (1, 5):
        check(hashing(bins, mask_value="the" if mask else None), strings(2))
        layer = hashing(bins, mask_value=3 if mask else None)
        check(layer, numbers("int32", 1, values=st.integers(0, 5)), examples=20)
        check(layer, numbers("int64"))


@both
@pytest.mark.parametrize("mode", MODES)
def test_modes_of_hashing(generation: int, mode: str) -> None:
    layer = GENERATIONS[generation].layers.Hashing(5, output_mode=mode, mask_value="the")
    for shape in ((), (1,)) if mode == "one_hot" else ((), (2,)):
        check(layer, strings(*shape), examples=50)


def test_keras_3_hashes_floats_and_many_columns() -> None:
    layer = GENERATIONS[3].layers.Hashing(50, mask_value=3)
    floats = st.floats(-1e6, 1e6, width=32) | st.just(3.0)
    check(layer, numbers("float32", 2, values=floats))
    layer = GENERATIONS[3].layers.Hashing(5, output_mode="one_hot")
    check(layer, strings(2))
    check(layer, strings(1, 1))


@pytest.mark.parametrize("salt", [None, (0, 0), (-(2**63), 2**63 - 1)])
@settings(deadline=None)
@given(st.lists(st.binary(max_size=700), min_size=1))
def test_hashes_of_all_lengths(salt: tuple[int, int] | None, texts: list[bytes]) -> None:
    most = 2**63 - 1
    expected = (
        tf.strings.to_hash_bucket_fast(texts, most)
        if salt is None
        else tf.strings.to_hash_bucket_strong(texts, most, list(salt))
    )
    array = np.empty(len(texts), object)
    array[:] = texts
    np.testing.assert_array_equal(buckets(array, most, salt), expected.numpy(), strict=True)
