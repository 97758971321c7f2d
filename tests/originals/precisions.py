"""Keras models in another precision than float32, and layers that differ in a graph."""

from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import tf_keras


def in_precision(folder: Path, library: ModuleType, policy: str) -> Path:
    """A network whose layers have this policy; its last layer answers in it too."""
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((8, 8, 3), name="image"),
            layers.Conv2D(6, 3, padding="same", dtype=policy),
            layers.BatchNormalization(dtype=policy),
            layers.GlobalAveragePooling2D(dtype=policy),
            layers.Dense(4, dtype=policy, name="scores"),
        ]
    )
    path = folder / ("model.h5" if library is tf_keras else "model.keras")
    model.save(path)
    return path


def quantized(folder: Path) -> Path:
    """A model that ``model.quantize("int8")`` has changed."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((10,), dtype="int32", name="tokens"),
            layers.Embedding(20, 16),
            layers.GlobalAveragePooling1D(),
            layers.Dense(16, activation="relu"),
            layers.Dense(4, name="scores"),
        ]
    )
    model.quantize("int8")
    model.save(folder / "model.keras")
    return folder / "model.keras"


def free_time_distributed(folder: Path) -> Path:
    """A video of any length, each frame through one network; steps may be masked."""
    layers = keras.layers
    frames = keras.Input((None, 6, 6, 3), name="frames")
    each = layers.TimeDistributed(layers.Conv2D(4, 3))(frames)
    each = layers.TimeDistributed(layers.GlobalAveragePooling2D())(each)
    each = layers.TimeDistributed(layers.Dense(3))(layers.Masking()(each))
    keras.Model(frames, layers.Dense(2, name="scores")(layers.LSTM(5)(each))).save(
        folder / "model.keras"
    )
    return folder / "model.keras"


def compiled_with_own_code(folder: Path, suffix: str) -> Path:
    """Losses, metrics and an optimizer of the author's, of the model and of one in it."""

    @keras.saving.register_keras_serializable("mine")
    class OwnLoss(keras.losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return keras.ops.mean(y_true - y_pred)

    class OwnMetric(keras.metrics.Mean):
        pass

    class OwnOptimizer(keras.optimizers.SGD):
        pass

    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model = keras.Sequential([keras.Input((4,), name="x"), inner, keras.layers.Dense(2, name="y")])
    for part in (inner, model):
        part.compile(OwnOptimizer(), loss=OwnLoss(), metrics=[OwnMetric(), lambda a, b: a - b])
    model.save(folder / f"model{suffix}")
    keras.saving.get_custom_objects().pop("mine>OwnLoss")
    return folder / f"model{suffix}"
