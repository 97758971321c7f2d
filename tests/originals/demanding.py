"""Models that refuse most inputs: too large an index, too short a series, a negative number."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras


def float_tokens(folder: Path, library: Any) -> Path:
    """An input that is declared float and feeds an embedding, as in most old text models."""
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((6,), name="tokens"),
            layers.Embedding(7, 3),
            layers.LSTM(4),
            layers.Dense(1, activation="sigmoid", name="score"),
        ]
    )
    return _saved(folder, library, model)


def nested_tables(folder: Path, library: Any) -> Path:
    """Three tables: two for the columns of one input, one inside a nested model."""
    layers = library.layers
    inner_input = layers.Input((None,), dtype="int32")
    inner = library.Model(inner_input, layers.Embedding(7, 3)(inner_input))
    codes = layers.Input((2,), dtype="int64", name="codes")
    tokens = layers.Input((None,), dtype="int32", name="tokens")
    parts = [
        layers.Flatten()(
            layers.Embedding(rows, 2)(layers.Cropping1D(cut)(layers.Reshape((2, 1))(codes)))
        )
        for rows, cut in ((5, (0, 1)), (3, (1, 0)))
    ]
    pooled = layers.GlobalAveragePooling1D()(inner(tokens))
    model = library.Model(
        [codes, tokens], layers.Dense(2, name="scores")(layers.Concatenate()([*parts, pooled]))
    )
    return _saved(folder, library, model)


def long_series(folder: Path) -> Path:
    """It computes with 9362 positions or more."""
    layers = keras.layers
    stack = [layer for _ in range(4) for layer in (layers.Conv1D(2, 9), layers.AveragePooling1D(8))]
    model = keras.Sequential(
        [layers.Input((None, 1), name="series"), *stack, layers.GlobalMaxPooling1D(name="peak")]
    )
    return _saved(folder, keras, model)


def same_lengths(folder: Path) -> Path:
    """Two inputs of one free length."""
    series, weights = (keras.Input((None, 3), name=name) for name in ("series", "weights"))
    product = keras.layers.Multiply()([series, weights])
    model = keras.Model(
        [series, weights],
        keras.layers.Dense(1, name="y")(keras.layers.GlobalMaxPooling1D()(product)),
    )
    return _saved(folder, keras, model)


def ragged(folder: Path) -> Path:
    layers = tf_keras.layers
    tokens = layers.Input((None,), dtype="int32", ragged=True, name="tokens")
    embedded = layers.Embedding(11, 4)(tokens)
    model = tf_keras.Model(tokens, layers.Dense(2, name="scores")(layers.LSTM(3)(embedded)))
    return _saved(folder, tf_keras, model)


def picture(folder: Path, scaling: str) -> Path:
    """``scaling`` is a layer of Keras, or nothing."""
    layers = keras.layers
    inside = {
        "": [],
        "Rescaling": [layers.Rescaling(1 / 255)],
        "Normalization": [layers.Normalization(mean=[124, 117, 104], variance=[3400, 3300, 3400])],
        "both": [layers.Rescaling(1 / 127.5, offset=-1), layers.Normalization(mean=0, variance=1)],
    }[scaling]
    model = keras.Sequential(
        [
            layers.Input((32, 32, 3), name="image"),
            *inside,
            layers.Conv2D(4, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax", name="classes"),
        ]
    )
    return _saved(folder, keras, model)


def normalized_table(folder: Path, library: Any) -> Path:
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((2,), name="person"),
            layers.Normalization(mean=[41.0, 52_000.0], variance=[150.0, 4e8]),
            layers.Dense(1, name="risk"),
        ]
    )
    return _saved(folder, library, model)


def logarithm(folder: Path) -> Path:
    """NaN for negative numbers."""
    x = keras.Input((4,), name="income")
    logs = keras.ops.log(x) + keras.ops.sqrt(x)
    return _saved(folder, keras, keras.Model(x, keras.layers.Dense(2, name="y")(logs)))


def nan_always(folder: Path) -> Path:
    return _module(folder, lambda x: {"y": tf.math.log(-tf.abs(x) - 1)}, tf.TensorSpec([None, 3]))


def one_hot(folder: Path) -> Path:
    """It checks that each row holds one 1."""

    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        tf.debugging.assert_equal(tf.reduce_sum(tf.cast(tf.equal(x, 1), tf.int32), axis=-1), 1)
        return {"y": x @ tf.constant([[1.0], [2.0], [3.0]])}

    return _module(folder, call, tf.TensorSpec([None, 3]))


def distribution(folder: Path) -> Path:
    """It checks that each row sums to 1."""

    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        tf.debugging.assert_near(tf.reduce_sum(x, axis=-1), 1.0)
        return {"entropy": -tf.reduce_sum(x * tf.math.log(x), axis=-1)}

    return _module(folder, call, tf.TensorSpec([None, 3]))


def three_columns_only(folder: Path) -> Path:
    """It computes with a free length of 3, and no other."""
    weights = tf.constant([[1.0], [2.0], [3.0]])
    return _module(folder, lambda x: {"y": tf.matmul(x, weights)}, tf.TensorSpec([None, None]))


def gathering(folder: Path) -> Path:
    """A table of 9 rows, in a SavedModel that never was a Keras model."""
    table = tf.Variable(np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32))

    @tf.function
    def inner(x: tf.Tensor) -> tf.Tensor:
        return tf.nn.embedding_lookup(table, x)

    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.reduce_sum(inner(tf.reshape(x, [-1, 4])), axis=1)}

    return _module(folder, call, tf.TensorSpec([None, 4], tf.int64), table)


def gathering_litert(folder: Path) -> Path:
    """The same table in a ``.tflite`` file."""
    converter = tf.lite.TFLiteConverter.from_saved_model(str(gathering(folder)))
    (folder / "table.tflite").write_bytes(converter.convert())
    return folder / "table.tflite"


def _module(folder: Path, call: Any, spec: tf.TensorSpec, *variables: tf.Variable) -> Path:
    module = tf.Module()
    module.kept = variables
    named = tf.TensorSpec(spec.shape, spec.dtype, name="x")
    module.call = tf.function(call, input_signature=[named])
    tf.saved_model.save(module, folder / "saved", signatures=module.call)
    return folder / "saved"


def _saved(folder: Path, library: Any, model: Any) -> Path:
    random = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(random.normal(scale=0.5, size=weight.shape))
    path = folder / ("model.h5" if library is tf_keras else "model.keras")
    model.save(path)
    return path
