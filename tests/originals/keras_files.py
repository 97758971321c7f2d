"""Keras models of both generations: HDF5 files and ``.keras`` archives."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import tf_keras

from tests.originals.written import Arrays, Written, single


def r_network(folder: Path) -> Written:
    """What R's keras package saved for the pet names: HDF5 of Keras 2 with hard_sigmoid."""
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            layers.Input((10, 31), name="characters"),
            layers.LSTM(32, recurrent_activation="hard_sigmoid", return_sequences=True),
            layers.LSTM(16, recurrent_activation="hard_sigmoid"),
            layers.Dense(31, activation="softmax", name="next"),
        ]
    )
    model.save(folder / "network.h5")
    return folder / "network.h5", single(model, "characters", "next")


def hdf5_without_extension(folder: Path) -> Written:
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            layers.Input((None,), dtype="int32", name="tokens"),
            layers.Embedding(20, 6, mask_zero=True),
            layers.Bidirectional(
                layers.GRU(5, recurrent_activation="hard_sigmoid", return_sequences=True)
            ),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dense(3, name="scores"),
        ]
    )
    model.save(folder / "network.h5")
    (folder / "network.h5").rename(folder / "network")
    return folder / "network", single(model, "tokens", "scores")


def keras_archive(folder: Path) -> Written:
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((4,), name="flower"),
            layers.Dense(8, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax", name="species"),
        ]
    )
    model.layers[1].moving_mean.assign(np.random.default_rng(1).normal(size=8))
    model.save(folder / "flowers.keras")
    return folder / "flowers.keras", single(model, "flower", "species")


def keras_3_hdf5(folder: Path) -> Written:
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((12, 12, 3), name="image"),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(2, name="logits"),
        ]
    )
    model.save(folder / "image.h5")
    return folder / "image.h5", single(model, "image", "logits")


def dict_inputs(folder: Path) -> Written:
    layers = keras.layers
    inputs = {
        "age": keras.Input((1,), name="age"),
        "region": keras.Input((1,), dtype="int32", name="region"),
    }
    region = layers.Flatten()(layers.Embedding(7, 3)(inputs["region"]))
    joined = layers.Concatenate()([inputs["age"], region])
    outputs = {"risk": layers.Dense(1)(joined), "price": layers.Dense(2)(joined)}
    model = keras.Model(inputs, outputs)
    model.save(folder / "insurance.keras")

    def original(arrays: Arrays) -> Arrays:
        answer = model({name: tf.constant(array) for name, array in arrays.items()})
        return {name: value.numpy() for name, value in answer.items()}

    return folder / "insurance.keras", original


def attention(folder: Path) -> Written:
    """Free length, masked embedding, self-attention; a long recurrence in a loop."""
    layers = keras.layers
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    embedded = layers.Embedding(30, 8, mask_zero=True)(tokens)
    attended = layers.MultiHeadAttention(2, 4)(embedded, embedded)
    remembered = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(attended)
    pooled = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(remembered))
    model = keras.Model(tokens, layers.Dense(2, name="scores")(pooled))
    model.save(folder / "attention.keras")
    return folder / "attention.keras", single(model, "tokens", "scores")


def text_vectorization(folder: Path) -> Written:
    layers = keras.layers
    text = keras.Input((1,), dtype="string", name="text")
    words = layers.TextVectorization(vocabulary=["good", "dog", "cat"], output_sequence_length=5)
    flat = layers.Flatten()(layers.Embedding(10, 3)(words(text)))
    model = keras.Model(text, layers.Dense(2, name="scores")(flat))
    model.save(folder / "text.keras")
    return folder / "text.keras", single(model, "text", "scores")


def time_distributed(folder: Path) -> Written:
    """A layer for each step, around another layer."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((7, 5), name="steps"),
            layers.TimeDistributed(layers.Dense(3), name="each"),
        ]
    )
    model.save(folder / "each.keras")
    return folder / "each.keras", single(model, "steps", "each")


@keras.saving.register_keras_serializable("mine")
class Scaled(keras.layers.Layer):
    """A user's own layer."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return x * 3


def custom_layer(folder: Path) -> Written:
    model = keras.Sequential([keras.Input((2,), name="x"), Scaled(name="y")])
    model.save(folder / "custom.keras")
    return folder / "custom.keras", single(model, "x", "y")


def mobilenet(folder: Path) -> Written:
    model = keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), classes=10)
    random = np.random.default_rng(2)
    for weight in model.weights:  # untrained, it would answer 0.1 for every class
        if "kernel" in weight.path or "mean" in weight.path:
            spread = np.sqrt(3 / max(1, np.prod(weight.shape[:-1])))
            weight.assign(random.normal(scale=spread, size=weight.shape))
    model.save(folder / "mobilenet.keras")
    model = keras.saving.load_model(folder / "mobilenet.keras")  # names are given when it is read
    name, output = model.inputs[0].name, model.output_names[0]
    return folder / "mobilenet.keras", single(model, name, output)
