"""Real model files of every kind, written by the libraries that write them.

Each function writes one under ``folder`` and returns its path, and the original as a function of
named arrays.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Original = Callable[[Arrays], Arrays]
Written = tuple[Path, Original]


def _single(model: Any, name: str, output: str) -> Original:
    def original(inputs: Arrays) -> Arrays:
        return {output: model(tf.constant(inputs[name]), training=False).numpy()}

    return original


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
    return folder / "network.h5", _single(model, "characters", "next")


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
    return folder / "network", _single(model, "tokens", "scores")


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
    return folder / "flowers.keras", _single(model, "flower", "species")


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
    return folder / "image.h5", _single(model, "image", "logits")


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
    return folder / "attention.keras", _single(model, "tokens", "scores")


def text_vectorization(folder: Path) -> Written:
    layers = keras.layers
    text = keras.Input((1,), dtype="string", name="text")
    words = layers.TextVectorization(vocabulary=["good", "dog", "cat"], output_sequence_length=5)
    flat = layers.Flatten()(layers.Embedding(10, 3)(words(text)))
    model = keras.Model(text, layers.Dense(2, name="scores")(flat))
    model.save(folder / "text.keras")
    return folder / "text.keras", _single(model, "text", "scores")


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
    return folder / "each.keras", _single(model, "steps", "each")


def legacy_saved_model(folder: Path) -> Written:
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            layers.Input((6,), name="x"),
            layers.Dense(4, activation="tanh"),
            layers.Dense(2, name="y"),
        ]
    )
    model.save(folder / "saved")
    return folder / "saved", _single(model, "x", "y")


class _Shifting(tf.Module):
    """Two signatures; several inputs and outputs of these types."""

    def __init__(self, dtypes: tuple[str, ...]) -> None:
        super().__init__()
        self.shift = tf.Variable(2.0)
        specs = [tf.TensorSpec([None, 3], dtype, name=f"x_{dtype}") for dtype in dtypes]
        self.shifted = tf.function(self._shifted, input_signature=specs)

    def _shifted(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {f"y_{x.dtype.name}": self._shift(x) for x in inputs}

    def _shift(self, x: tf.Tensor) -> tf.Tensor:
        return tf.logical_not(x) if x.dtype == tf.bool else x + tf.cast(self.shift, x.dtype)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], name="x")])
    def total(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"sum": tf.reduce_sum(x, axis=1), "rows": tf.shape(x)[0]}


def every_dtype(folder: Path) -> Written:
    return _of_dtypes(
        folder,
        ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"),
    )


def common_dtypes(folder: Path) -> Written:
    return _of_dtypes(folder, ("float32", "int32", "int64", "bool"))


def _of_dtypes(folder: Path, dtypes: tuple[str, ...]) -> Written:
    module = _Shifting(dtypes)
    signatures = {"serving_default": module.shifted, "total": module.total}
    tf.saved_model.save(module, folder / "dtypes", signatures=signatures)

    def original(inputs: Arrays) -> Arrays:
        outputs = module.shifted(*[inputs[f"x_{dtype}"] for dtype in dtypes])
        return {name: value.numpy() for name, value in outputs.items()}

    return folder / "dtypes", original


class _Shout(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def shout(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        loud = tf.strings.upper(text)
        return {"loud": loud, "raw_bytes": loud, "length": tf.strings.length(text)}


def text_saved_model(folder: Path) -> Written:
    module = _Shout()
    tf.saved_model.save(module, folder / "shout", signatures=module.shout)

    def original(inputs: Arrays) -> Arrays:
        return {name: value.numpy() for name, value in module.shout(inputs["text"]).items()}

    return folder / "shout", original


@keras.saving.register_keras_serializable("mine")
class Scaled(keras.layers.Layer):
    """A user's own layer."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return x * 3


def custom_layer(folder: Path) -> Written:
    model = keras.Sequential([keras.Input((2,), name="x"), Scaled(name="y")])
    model.save(folder / "custom.keras")
    return folder / "custom.keras", _single(model, "x", "y")


def litert_of_one_row(folder: Path) -> Written:
    """Compiled for one row at a time, as most .tflite files on the web are."""
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((5,), batch_size=1, name="x"), layers.Dense(3, name="y")]
    )
    kernel, bias = (tf.constant(weights) for weights in model.get_weights())
    function = tf.function(
        lambda x: tf.nn.relu(x @ kernel + bias), input_signature=[tf.TensorSpec([1, 5], name="x")]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    (folder / "one.tflite").write_bytes(converter.convert())

    def original(inputs: Arrays) -> Arrays:
        return {"Identity": tf.nn.relu(inputs["x"] @ kernel + bias).numpy()}

    return folder / "one.tflite", original


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
    return folder / "mobilenet.keras", _single(model, name, output)


EVERY: dict[str, tuple[Callable[[Path], Written], str]] = {
    "r_network": (r_network, "litert"),
    "no_extension": (hdf5_without_extension, "litert"),
    "archive": (keras_archive, "litert"),
    "keras_3_hdf5": (keras_3_hdf5, "litert"),
    "dict_inputs": (dict_inputs, "litert"),
    "attention": (attention, "litert"),
    "mobilenet": (mobilenet, "litert"),
    "legacy_saved_model": (legacy_saved_model, "litert"),
    "one_row": (litert_of_one_row, "litert"),
    "common_dtypes": (common_dtypes, "litert"),
    "every_dtype": (every_dtype, "tensorflow"),
    "text": (text_vectorization, "tensorflow"),
    "shout": (text_saved_model, "tensorflow"),
    "time_distributed": (time_distributed, "litert"),
}


class _HalfPlusTwo(tf.Module):
    """TensorFlow Serving's own example."""

    @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
    def predict(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": x / 2 + 2}

    @tf.function(input_signature=[tf.TensorSpec([None, 3], name="images")])
    def divide(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"inverse": 1 / images}


def half_plus_two(folder: Path) -> Path:
    module = _HalfPlusTwo()
    signatures = {"serving_default": module.predict, "divide": module.divide}
    tf.saved_model.save(module, folder / "half", signatures=signatures)
    return folder / "half"


class _Sensors(tf.Module):
    """The inputs of the documentation's example of rows and columns."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, name="tag"),
            tf.TensorSpec([None, 5], tf.int32, name="signal"),
            tf.TensorSpec([None, 2, 2], tf.float32, name="sensor"),
        ]
    )
    def predict(self, tag: tf.Tensor, signal: tf.Tensor, sensor: tf.Tensor) -> dict[str, tf.Tensor]:
        return {
            "name": tf.strings.upper(tag),
            "tag_bytes": tag,
            "total": tf.reduce_sum(signal, axis=1),
            "first": sensor[:, 0],
        }


def sensors(folder: Path) -> Path:
    module = _Sensors()
    tf.saved_model.save(module, folder / "sensors", signatures=module.predict)
    return folder / "sensors"
