"""Networks of keras.applications are known by their layers, however they are built in."""

from typing import Any

import keras
import pytest
import tf_keras

from inference.signatures import TensorSpec
from scripts.adding.declaring.image_facts import facts_of
from scripts.adding.declaring.proposing_images import propose_image

PHOTO = TensorSpec(dtype="float32", shape=(-1, 96, 96, 3))


def proposed(model: Any) -> tuple[str, str]:
    """Scale and resize."""
    proposal = propose_image("photo", PHOTO, facts_of(model))
    assert proposal is not None
    return proposal.declared.scale, proposal.declared.resize


def network(generation: Any, name: str, **options: Any) -> Any:
    make = getattr(generation.applications, name)
    return make(weights=None, include_top=False, input_shape=(96, 96, 3), **options)


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("MobileNet", "-1..1"),
        ("MobileNetV2", "-1..1"),
        ("ResNet50", "caffe"),
        ("ResNet50V2", "-1..1"),
        ("DenseNet121", "torch"),
        ("Xception", "-1..1"),
        ("VGG16", "caffe"),
        ("EfficientNetV2B0", "0..255"),
    ],
)
def test_a_network_within_a_model_of_another_name(name: str, scale: str) -> None:
    layers = [keras.Input((96, 96, 3)), network(keras, name), keras.layers.Flatten()]
    assert proposed(keras.Sequential(layers, name="mine")) == (scale, "bilinear")


@pytest.mark.parametrize(
    ("name", "scale"),
    [("MobileNetV3Small", "-1..1"), ("ConvNeXtTiny", "torch")],
)
def test_a_network_without_its_preprocessing(name: str, scale: str) -> None:
    assert proposed(network(keras, name, include_preprocessing=False)) == (scale, "bilinear")


@pytest.mark.parametrize(
    ("name", "scale"),
    [("MobileNetV2", "-1..1"), ("VGG16", "caffe"), ("MobileNetV3Small", "0..255")],
)
def test_a_network_of_keras_2(name: str, scale: str) -> None:
    layers = [network(tf_keras, name), tf_keras.layers.Flatten()]
    assert proposed(tf_keras.Sequential(layers)) == (scale, "bilinear")


@pytest.mark.parametrize("generation", [keras, tf_keras])
@pytest.mark.parametrize(("module", "name"), [("mobilenet_v2", "MobileNetV2"), ("vgg16", "VGG16")])
def test_preprocess_input_within_the_model(generation: Any, module: str, name: str) -> None:
    """As the guide to transfer learning does it."""
    entry = generation.Input((96, 96, 3))
    scaled = getattr(generation.applications, module).preprocess_input(entry)
    model = generation.Model(entry, network(generation, name)(scaled))
    assert proposed(model) == ("0..255", "bilinear")


@pytest.mark.parametrize("generation", [keras, tf_keras])
def test_a_model_trained_from_folders(generation: Any) -> None:
    layers = generation.layers
    augmentation = generation.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1)])
    model = generation.Sequential(
        [
            generation.Input((96, 96, 3)),
            augmentation,
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3),
            layers.Rescaling(7.0),
        ]
    )
    assert proposed(model) == ("0..255", "tf-bilinear")


@pytest.mark.parametrize("generation", [keras, tf_keras])
def test_a_model_that_tells_nothing(generation: Any) -> None:
    layers = generation.layers
    model = generation.Sequential(
        [generation.Input((96, 96, 3)), layers.Conv2D(4, 3), layers.BatchNormalization()]
    )
    assert proposed(model) == ("0..1", "bilinear")


def test_an_adapted_normalization() -> None:
    normalization = keras.layers.Normalization(mean=[120.0, 115.0, 100.0], variance=[1.0, 1, 1])
    model = keras.Sequential([keras.Input((96, 96, 3)), normalization, keras.layers.Flatten()])
    assert proposed(model) == ("0..255", "bilinear")
