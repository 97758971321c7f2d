"""SavedModels: of Keras, of every dtype, of text, and of TensorFlow Serving's documentation."""

from pathlib import Path

import tensorflow as tf
import tf_keras

from tests.originals.written import Arrays, Written, single


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
    return folder / "saved", single(model, "x", "y")


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


def without_rows(folder: Path) -> Path:
    """Its input and its output are single values."""
    module = tf.Module()
    module.double = tf.function(
        lambda x: {"y": x * 2}, input_signature=[tf.TensorSpec([], name="x")]
    )
    tf.saved_model.save(module, folder / "double", signatures=module.double)
    return folder / "double"


def without_inputs(folder: Path) -> Path:
    module = tf.Module()
    module.constant = tf.function(lambda: {"y": tf.ones([1, 3])}, input_signature=[])
    tf.saved_model.save(module, folder / "constant", signatures=module.constant)
    return folder / "constant"


def random_saved_model(folder: Path) -> Path:
    """Two answers to the same input differ."""
    module = tf.Module()
    module.noisy = tf.function(
        lambda x: {"y": x + tf.random.normal(tf.shape(x))},
        input_signature=[tf.TensorSpec([None, 3], name="x")],
    )
    tf.saved_model.save(module, folder / "noisy", signatures=module.noisy)
    return folder / "noisy"
