"""Networks of ``keras.applications``, small, of both generations and in both formats."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from inference.models import ModelFolder
from tests.adding import add

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


def settled(model: Any, library: Any) -> Any:
    """Statistics as after training, so that no layer makes its numbers larger and larger."""
    pixels = np.random.default_rng(0).uniform(0, 255, (4, *model.input_shape[1:]))
    normalizing = [
        layer for layer in model.layers if isinstance(layer, library.layers.BatchNormalization)
    ]
    own = [layer.momentum for layer in normalizing]
    for layer in normalizing:
        layer.momentum = 0.0
    model(pixels.astype("float32"), training=True)
    for layer, momentum in zip(normalizing, own, strict=True):
        layer.momentum = momentum
    return model


@pytest.mark.parametrize("name", ["EfficientNetB0", "EfficientNetV2B0", "MobileNetV3Small"])
def test_networks_for_photographs(tmp_path: Path, name: str) -> None:
    keras.utils.set_random_seed(1)
    build = getattr(keras.applications, name)
    model = build(weights=None, input_shape=(32, 32, 3), classes=5)
    settled(model, keras).save(tmp_path / "model.keras")
    add(tmp_path / "models", str(tmp_path / "model.keras"), "model")
    assert ModelFolder(tmp_path / "models").get("model").metadata.engine == "litert"


@pytest.mark.parametrize(
    ("library", "suffix"), [(keras, ".keras"), (keras, ".h5"), (tf_keras, ".h5")]
)
def test_layers_of_its_networks_are_of_keras_itself(
    tmp_path: Path, library: Any, suffix: str
) -> None:
    model = library.src.applications.convnext.ConvNeXt(
        depths=[1, 1, 1, 1],
        projection_dims=[8, 16, 32, 64],
        weights=None,
        input_shape=(32, 32, 3),
        classes=5,
        drop_path_rate=0.1,
    )
    model.save(tmp_path / f"model{suffix}")
    add(tmp_path / "models", str(tmp_path / f"model{suffix}"), "model")
    assert ModelFolder(tmp_path / "models").get("model").metadata.engine == "litert"
