"""Keras' own layers in a model of their own, and the step that stands for each."""

import math
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from pydantic import TypeAdapter

from inference.errors import InvalidInputError
from inference.preprocessing import Step
from inference.preprocessing.step import BaseStep

GENERATIONS = {2: tf_keras, 3: keras}
STEPS: TypeAdapter[Step] = TypeAdapter(Step)
LEFT_OUT = {
    *{"name", "trainable", "dtype", "batch_input_shape", "data_format"},
    *{"vocabulary_size", "num_bins", "epsilon"},
}
SPECIAL = [
    *["", " ", "\0", "\r\n", "\t", "\x0b", "\x1c", "\x85", "\xa0", "\u3000", "\u2028", "\ufeff"],
    *[
        "ß",
        "İ",
        "É",
        "e\u0301",
        "ﬁ",
        "Ω",
        "😀",
        "a b",
        "the cat",
        "THE",
        "don't",
        "[UNK]",
        "-1",
        "0",
    ],
]
BROKEN = [
    b"\xff",
    b"\xed\xa0\x80",
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"a\x80b",
    b"\xef\xbf\xbe",
]
WORDS = [
    b"the",
    b"The",
    b"cat",
    b"dog",
    b"a",
    b"b",
    b"\xc3\xa9",
    b"zebra",
    b"don't",
    b"caf\xc3\xa9",
]
pieces = st.sampled_from([*(text.encode() for text in SPECIAL), *BROKEN, *WORDS])
texts = st.one_of(
    st.lists(pieces, max_size=12).map(b" ".join),
    st.lists(pieces, max_size=6).map(b"".join),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=300),
    pieces,
)


class Column(NamedTuple):
    """One input of a layer: the shape of a row, the dtype, and arrays to try."""

    shape: tuple[int, ...]
    dtype: str
    rows: st.SearchStrategy[NDArray[Any]]


def strings(*shape: int) -> Column:
    """Rows of strings."""
    size = math.prod(shape)

    def shaped(values: list[bytes]) -> NDArray[Any]:
        array = np.empty(len(values) // size * size, object)
        array[:] = values[: array.size]
        return array.reshape(-1, *shape)

    rows = st.lists(texts, min_size=size, max_size=5 * size).map(shaped)
    return Column(shape, "string", rows)


def numbers(dtype: str, *shape: int, values: st.SearchStrategy[Any] | None = None) -> Column:
    """Rows of numbers."""
    rows = st.integers(1, 5).flatmap(
        lambda rows: arrays.arrays(np.dtype(dtype), (rows, *shape), elements=values)
    )
    return Column(shape, dtype, rows)


def check(layer: Any, *columns: Column, examples: int = 100) -> None:
    """Compare the layer with its step. Both must answer the same, or both must refuse."""
    generation = 2 if isinstance(layer, tf_keras.layers.Layer) else 3
    library = GENERATIONS[generation]
    tensors = [library.Input(column.shape, dtype=column.dtype) for column in columns]
    model = library.Model(tensors, layer(tensors if len(tensors) > 1 else tensors[0]))
    specs = [tf.TensorSpec((None, *column.shape), column.dtype) for column in columns]
    original = tf.function(lambda *given: model(list(given)), input_signature=specs)
    step = step_of(layer, len(columns))

    @settings(
        max_examples=examples,
        deadline=None,  # a machine that is busy is slow
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.tuples(*[column.rows for column in columns]))
    def compare(drawn: tuple[NDArray[Any], ...]) -> None:
        fewest = min(map(len, drawn))
        _compare(original, step, [array[:fewest] for array in drawn])

    compare()


def _compare(original: Any, step: BaseStep, given: list[NDArray[Any]]) -> None:
    tensors = [
        tf.constant(array.tolist(), tf.string, array.shape) if array.dtype == object else array
        for array in given
    ]
    try:
        expected = original(*tensors).numpy()
    except (tf.errors.OpError, UnicodeDecodeError):  # the message may hold broken Unicode
        with pytest.raises(InvalidInputError):
            step.compute(*given)
        return
    answer = step.compute(*given)
    assert answer.dtype == expected.dtype
    np.testing.assert_array_equal(answer, expected, strict=True)


def step_of(layer: Any, inputs: int) -> BaseStep:
    """The step of a layer, read back from JSON as serving reads it."""
    fields = {
        **_options(layer, layer.get_config()),
        "layer": type(layer).__name__,
        "inputs": [f"input {place}" for place in range(inputs)],
        "output": "output",
        "keras": 2 if isinstance(layer, tf_keras.layers.Layer) else 3,
    }
    return STEPS.validate_json(STEPS.dump_json(STEPS.validate_python(fields)))


def _options(layer: Any, config: dict[str, Any]) -> dict[str, Any]:
    """The configuration without what does not change the answers, and with what was learned."""
    name = type(layer).__name__
    kept = {"Hashing": {"num_bins"}, "HashedCrossing": {"num_bins"}}
    options = {
        # Keras 2 has lists of its own, which other libraries take for empty ones.
        option: list(value) if isinstance(value, list) else value
        for option, value in config.items()
        if option not in LEFT_OUT - kept.get(name, set())
    }
    if hasattr(layer, "get_vocabulary"):
        options["vocabulary"] = [_plain(token) for token in layer.get_vocabulary()]
    if options.get("output_mode") == "tf_idf":
        inner = getattr(layer, "_lookup_layer", layer)
        options["idf_weights"] = inner.idf_weights_const.numpy().tolist()
    if name == "Discretization":
        options["bin_boundaries"] = list(layer.bin_boundaries)
    if name == "Normalization":
        learned = config["mean"] is None
        options["mean"] = np.array(layer.adapt_mean if learned else config["mean"]).tolist()
        variance = layer.adapt_variance if learned else config["variance"]
        options["variance"] = np.array(variance).tolist()
    return options


def _plain(token: Any) -> Any:
    return token.item() if isinstance(token, np.generic) else token
