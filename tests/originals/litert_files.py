"""LiteRT files, compiled by TensorFlow's own converter."""

from pathlib import Path

import keras
import tensorflow as tf

from tests.originals.written import Arrays, Written


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
