"""Real conversions agree under the rule of agreement, and wrong ones do not."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from inference.agreement import require_agreement
from inference.engines.litert import LiteRTEngine
from inference.errors import DisagreementError
from inference.signatures import Tensors
from model.convert import convert_saved_model
from scripts.adding.keras_models import NamedModel, name_tensors
from scripts.adding.recurrent import compilable_recurrence

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")

layers = keras.layers


def large_logits() -> keras.Model:
    """Logits of thousands, and the probabilities that they make: from 1 down to zero."""
    x = keras.Input((64,), name="x")
    logits = layers.Dense(50, name="logits")(layers.Dense(300, activation="relu")(x))
    model = keras.Model(x, [logits, layers.Softmax(name="probabilities")(logits / 60)])
    randomize(model, 3)
    return model


def small_outputs() -> keras.Model:
    model = keras.Sequential(
        [keras.Input((64,), name="x"), layers.Dense(100), layers.Dense(9, name="y")]
    )
    randomize(model, 1e-5)
    return model


def recurrent() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((40, 8), name="x"),
            layers.LSTM(32, return_sequences=True),
            layers.GRU(16),
            layers.Dense(1, name="y"),
        ]
    )
    randomize(model, 0.4)
    return model


def deep_convolutions() -> keras.Model:
    """As deep as EfficientNetB0: fifty convolutions with normalization and gates."""
    x = image = keras.Input((24, 24, 3), name="x")
    x = layers.Conv2D(16, 3, padding="same")(layers.Rescaling(1 / 255)(x))
    for _ in range(16):
        y = layers.Conv2D(32, 1, activation="swish")(layers.BatchNormalization()(x))
        y = layers.DepthwiseConv2D(3, padding="same", activation="swish")(y)
        gate = layers.Dense(32, activation="sigmoid")(layers.GlobalAveragePooling2D()(y))
        y = layers.Conv2D(16, 1)(y * layers.Reshape((1, 1, 32))(gate))
        x = layers.Add()([x, y])
    features = layers.GlobalAveragePooling2D(name="features")(x)
    # As trained networks do: without it, logits of 80 make probabilities of 1e-35.
    normalized = layers.LayerNormalization()(features)
    classes = layers.Dense(200, activation="softmax", name="classes")(normalized)
    model = keras.Model(image, [features, classes])
    randomize(model, None)
    return model


def randomize(model: keras.Model, spread: float | None) -> None:
    """Without a spread, the signal keeps its size from layer to layer."""
    random = np.random.default_rng(3)
    for weight in model.weights:
        if "kernel" in weight.path:
            shape = weight.shape[:-2] if "depthwise" in weight.path else weight.shape[:-1]
            size = spread or np.sqrt(2 / np.prod(shape))
            weight.assign(random.normal(scale=size, size=weight.shape))


def answers(model: keras.Model, folder: Path) -> tuple[Tensors, Tensors]:
    """Of the compiled model, and of Keras."""
    named = name_tensors(model)
    assert isinstance(named, NamedModel)
    with compilable_recurrence():
        named.export(folder / "saved")
    (folder / "model.tflite").write_bytes(
        convert_saved_model(folder / "saved", ["serving_default"])
    )
    size = [6, *model.input_shape[1:]]
    random = np.random.default_rng(0)
    x = random.uniform(0, 255, size) if len(size) == 4 else random.normal(size=size)
    inputs = {"x": x.astype(np.float32)}
    return LiteRTEngine(folder / "model.tflite").run("serving_default", inputs), named(inputs)


@pytest.mark.parametrize("make", [large_logits, small_outputs, recurrent, deep_convolutions])
def test_a_compiled_model_agrees_with_keras(
    tmp_path: Path, make: Callable[[], keras.Model]
) -> None:
    compiled, expected = answers(make(), tmp_path)
    # The margin is for other processors.
    assert require_agreement(compiled, expected) < 3e-5
    # A change of a thousandth of the largest number is no rounding, whatever the output's size.
    for name, array in expected.items():
        largest = np.abs(array).max()
        wrong = {**expected, name: array + np.float32(1e-3) * largest}
        with pytest.raises(DisagreementError, match=rf"{name} differs by .* at \[\d+,\d+\]"):
            require_agreement(wrong, expected)
