"""Which tensors are taken for pictures, with which scale, and what is said of it."""

import re
from typing import Any

import pytest

from inference.inputs.images import ImageInput
from inference.signatures import TensorSpec
from scripts.adding.declaring.image_facts import Facts, Scaling
from scripts.adding.declaring.options import build, read
from scripts.adding.declaring.proposing_images import propose_image

KINDS = {"image": ImageInput}


def spec(*shape: int, dtype: Any = "float32") -> TensorSpec:
    return TensorSpec(dtype=dtype, shape=shape)


@pytest.mark.parametrize(
    ("tensor", "fields"),
    [
        (spec(-1, 224, 160, 3), {"height": 224, "width": 160}),
        (spec(1, 28, 28, 1), {"height": 28, "width": 28, "color": "grayscale"}),
        (spec(-1, 64, 64, 4), {"height": 64, "width": 64, "color": "rgba"}),
        (spec(-1, 3, 224, 160), {"height": 224, "width": 160, "channels": "first"}),
        (spec(-1, -1, -1, 3), {}),
        (spec(-1, 3, -1, -1), {"channels": "first"}),
        (spec(-1, 8, 8, 1, dtype="float16"), {"height": 8, "width": 8, "color": "grayscale"}),
    ],
)
def test_pictures(tensor: TensorSpec, fields: dict[str, Any]) -> None:
    proposal = propose_image("x", tensor)
    assert proposal is not None
    assert proposal.declared == ImageInput(scale="0..1", **fields)
    proposal.declared.check(tensor, "photo")


@pytest.mark.parametrize(
    "tensor",
    [
        spec(-1, 4),
        spec(-1, 28, 28),  # as well 28 steps of 28 values
        spec(-1, 5, 5, 3),  # a grid
        spec(-1, 224, 224, 2),
        spec(-1, -1, 224, 3),
        spec(-1, 16, 224, 224, 3),
        spec(-1, 224, 224, 3, dtype="int64"),
        spec(-1, 224, 224, 3, dtype="string"),
    ],
)
def test_no_pictures(tensor: TensorSpec) -> None:
    assert propose_image("x", tensor) is None


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_integers_are_pixels(dtype: str) -> None:
    tensor = spec(-1, 96, 96, 3, dtype=dtype)
    proposal = propose_image("x", tensor, Facts(frozenset({"conv_dw_1"})))
    assert proposal is not None
    assert proposal.declared.scale == "0..255"
    assert f"because it takes {dtype};" in proposal.sentence
    proposal.declared.check(tensor, "photo")


@pytest.mark.parametrize(
    ("scaling", "scale", "reason"),
    [
        (Scaling("Rescaling", 1 / 255), "0..255", "its layer Rescaling multiplies by 0.003922"),
        (Scaling("Rescaling", 1 / 127.5, -1), "0..255", "multiplies by 0.007843"),
        (Scaling("Rescaling", 2, -1), "0..1", "multiplies by 2"),
        (Scaling("Rescaling", 255), "0..1", "multiplies by 255"),
        (Scaling("Rescaling", 127.5, 127.5), "-1..1", "multiplies by 127.5 and adds 127.5"),
        (Scaling("Normalization", offset=117.3), "0..255", "Normalization has the mean 117.3"),
        (Scaling("Normalization", offset=0.44), "0..1", "Normalization has the mean 0.44"),
        (Scaling("BatchNormalization", offset=101), "0..255", "has the mean 101"),
        (Scaling("BatchNormalization", offset=0.4), "0..1", "has the mean 0.4"),
        (Scaling("BatchNormalization"), "0..1", "nothing in the model tells"),
        (Scaling("arithmetic"), "0..255", "it computes with the pixels itself"),
        (None, "0..1", "nothing in the model tells, and most models are trained so"),
    ],
)
def test_the_first_computation_tells_the_scale(
    scaling: Scaling | None, scale: str, reason: str
) -> None:
    proposal = propose_image("x", spec(-1, 96, 96, 3), Facts(scaling=scaling))
    assert proposal is not None
    assert proposal.declared.scale == scale
    assert f"scaled to {scale}" in proposal.sentence
    assert reason in proposal.sentence


def test_rescaling_of_ones_own_is_of_models_trained_from_folders() -> None:
    proposal = propose_image("x", spec(-1, 96, 96, 3), Facts(scaling=Scaling("Rescaling", 1 / 255)))
    assert proposal is not None
    assert proposal.declared.resize == "tf-bilinear"
    assert "resized as by image_dataset_from_directory" in proposal.sentence


def test_a_grey_picture_has_no_scale_of_three_colors() -> None:
    facts = Facts(frozenset({"conv2_block1_0_bn"}))
    proposal = propose_image("x", spec(-1, 96, 96, 1), facts)
    assert proposal is not None
    assert proposal.declared.scale == "0..1"


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_sentence_tells_options_that_are_right(dtype: str) -> None:
    proposal = propose_image("x", spec(-1, 96, 64, 3, dtype=dtype))
    assert proposal is not None
    assert proposal.sentence.startswith("'x' is taken for a picture of 96 x 64 pixels in colour")
    options = re.findall(r"--input '?([^',]+)", proposal.sentence)
    changed = build("--input", read("--input", options[0], KINDS), KINDS, proposal.declared)
    assert isinstance(changed, ImageInput)
    assert changed.scale != proposal.declared.scale
    assert changed.height == 96
    assert read("--input", options[1], KINDS).fields is None
