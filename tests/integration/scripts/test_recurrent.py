"""Recurrent layers of both generations of Keras, compiled with a free number of steps."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from inference.agreement import require_agreement
from inference.engines.litert import LiteRTEngine
from model import scan
from model.convert import convert_saved_model
from scripts.adding.keras_models import name_tensors
from scripts.adding.recurrent import compilable_recurrence

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")

LENGTHS = (1, 2, 33, 34, 1060)  # the first step, and the ends of the blocks of `model.scan`


def every_layer(layers: Any) -> dict[str, Any]:
    """Layers of either library by the name of their output."""
    return {
        "lstm_sequences": layers.LSTM(4, return_sequences=True),
        "lstm": layers.LSTM(4),
        "gru_reset_before": layers.GRU(4, return_sequences=True, reset_after=False),
        "simple": layers.SimpleRNN(4, return_sequences=True),
        "both": layers.Bidirectional(layers.GRU(4, return_sequences=True)),
        "stacked": layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], return_sequences=True),
    }


@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_a_free_length_agrees_with_keras(tmp_path: Path, library: Any, *, masked: bool) -> None:
    tokens = library.Input((None,), dtype="int32", name="tokens")
    embedded = library.layers.Embedding(9, 3, mask_zero=masked)(tokens)
    outputs = {name: layer(embedded) for name, layer in every_layer(library.layers).items()}
    model = library.Model(tokens, outputs)
    random = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(random.normal(scale=0.5, size=weight.shape))
    named = name_tensors(model)
    assert named is not None
    with compilable_recurrence():
        named.export(tmp_path / "saved")
    compiled = convert_saved_model(tmp_path / "saved", ["serving_default"])
    (tmp_path / "model.tflite").write_bytes(compiled)
    engine = LiteRTEngine(tmp_path / "model.tflite")
    # Without a graph, Keras runs each step in Python.
    answer = tf.function(named.call, autograph=False, input_signature=[named.inputs])
    for length in LENGTHS:
        inputs = {"tokens": random.integers(0, 9, (2, length), dtype=np.int32)}
        expected = answer({name: tf.constant(array) for name, array in inputs.items()})
        require_agreement(
            engine.run("serving_default", inputs),
            {name: output.numpy() for name, output in expected.items()},
        )


def test_each_output_is_copied_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Growing in one loop copies 4000 outputs 2000 times each."""
    copied = []
    concat = tf.concat

    def counting(tensors: list[tf.Tensor], axis: int) -> tf.Tensor:
        joined = concat(tensors, axis)
        copied.append(len(joined))
        return joined

    monkeypatch.setattr(tf, "concat", counting)
    steps = 4000
    last, outputs = scan.scan(
        lambda total, now: (total + now, total + now),
        tf.zeros([1], tf.int32),
        tf.ones([steps, 1], tf.int32),
        tf.zeros([0, 1], tf.int32),
    )
    assert last.numpy() == [steps]
    np.testing.assert_array_equal(outputs[:, 0], np.arange(1, steps + 1))
    assert sum(copied) < 40 * steps
