"""A picture becomes a row: sizes, scales, number types and what a declaration may say."""

from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from inference.errors import TooLargeError
from inference.inputs.images import ImageInput, Scale
from inference.inputs.resizing import Fit, Resize
from inference.signatures import TensorSpec
from tests.pictures import encoded, scene

FLOAT = np.dtype(np.float32)
RED = encoded(Image.new("RGB", (40, 20), (255, 127, 0)), "PNG")


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("0..255", [255, 127, 0]),
        ("0..1", [1, 127 / 255, 0]),
        ("-1..1", [1, 127 / 127.5 - 1, -1]),
        ("caffe", [0 - 103.939, 127 - 116.779, 255 - 123.68]),  # blue first
        ("torch", [(1 - 0.485) / 0.229, (127 / 255 - 0.456) / 0.224, -0.406 / 0.225]),
    ],
)
def test_scales(scale: Scale, expected: list[float]) -> None:
    row = ImageInput(height=4, width=6, scale=scale).read(RED, FLOAT)
    assert row.shape == (4, 6, 3)
    assert row.dtype == FLOAT
    np.testing.assert_allclose(row, np.broadcast_to(expected, row.shape), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("uint8", [255, 127, 0]),
        ("int8", [127, -1, -128]),  # what a quantized model calls black is its least number
        ("int32", [255, 127, 0]),
        ("float16", [255, 127, 0]),
        ("float64", [255, 127, 0]),
    ],
)
@pytest.mark.parametrize("resize", get_args(Resize))
def test_number_types(dtype: str, expected: list[int], resize: Resize) -> None:
    row = ImageInput(height=4, width=6, resize=resize).read(RED, np.dtype(dtype))
    assert row.dtype == dtype
    assert row.tolist() == np.broadcast_to(expected, (4, 6, 3)).tolist()


def test_fractions_are_rounded_for_integers() -> None:
    content = encoded(scene(50, 70), "PNG")
    declared = ImageInput(height=21, width=33, resize="tf-bilinear")
    exact, whole = (declared.read(content, np.dtype(dtype)) for dtype in ("float32", "uint8"))
    assert np.abs(exact - whole).max() <= 0.5
    assert (exact != whole).any()


def test_channels_first() -> None:
    row = ImageInput(height=4, width=6, channels="first").read(RED, FLOAT)
    assert row.shape == (3, 4, 6)
    assert row.flags["C_CONTIGUOUS"]
    assert row[0].min() == 255
    assert row[2].max() == 0


@pytest.mark.parametrize(("color", "count"), [("rgb", 3), ("grayscale", 1), ("rgba", 4)])
@pytest.mark.parametrize("resize", get_args(Resize))
def test_colors_have_their_channels(color: Any, count: int, resize: Resize) -> None:
    row = ImageInput(height=4, width=6, color=color, resize=resize).read(RED, FLOAT)
    assert row.shape == (4, 6, count)


@pytest.mark.parametrize("fit", get_args(Fit))
@pytest.mark.parametrize("resize", get_args(Resize))
@pytest.mark.parametrize("found", [(1, 1), (1, 5000), (5000, 1), (4, 6), (3, 3), (6, 4)])
def test_any_proportions_become_the_size(fit: Fit, resize: Resize, found: tuple[int, int]) -> None:
    content = encoded(Image.new("L", found, 255), "PNG")
    row = ImageInput(height=4, width=6, resize=resize, fit=fit).read(content, FLOAT)
    assert row.shape == (4, 6, 3)
    assert row.max() == 255
    assert row.min() == (0 if fit == "pad" and found != (6, 4) else 255)


def test_padding_is_black_before_it_is_scaled() -> None:
    row = ImageInput(height=40, width=40, fit="pad", scale="-1..1").read(RED, FLOAT)
    assert row[0].min() == row[0].max() == -1
    assert row[20, :, 0].min() == 1


def test_a_free_size_keeps_the_pictures_own() -> None:
    declared = ImageInput()
    assert declared.row_shape == (-1, -1, 3)
    assert declared.read(RED, FLOAT).shape == (20, 40, 3)


def test_an_own_size_is_limited_more() -> None:
    content = encoded(Image.new("L", (2049, 2048)), "PNG")
    with pytest.raises(TooLargeError, match=r"2049 x 2048 pixels, expected 4,194,304 pixels at mo"):
        ImageInput().read(content, FLOAT)
    ImageInput(height=4, width=4).read(content, FLOAT)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"height": 0, "width": 1}, "greater than 0"),
        ({"height": 224}, "height and width are both given, or none of them"),
        ({"scale": "imagenet"}, "'0..255', '0..1', '-1..1', 'caffe' or 'torch'"),
        ({"scale": "caffe", "color": "grayscale"}, "scale=caffe is of pictures in colour"),
        ({"scale": "torch", "color": "rgba"}, "scale=torch is of pictures in colour"),
        ({"size": 5}, "Extra inputs are not permitted"),
    ],
)
def test_declarations_that_mean_nothing_are_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        ImageInput(**fields)


@pytest.mark.parametrize(
    ("fields", "dtype", "shape"),
    [
        ({"height": 224, "width": 160}, "float32", (-1, 224, 160, 3)),
        ({"height": 224, "width": 160}, "float32", (-1, -1, -1, 3)),
        ({"height": 224, "width": 160, "channels": "first"}, "float32", (-1, 3, 224, 160)),
        ({}, "float16", (-1, -1, -1, 3)),
        ({"color": "grayscale"}, "uint8", (1, -1, -1, 1)),
    ],
)
def test_tensors_that_fit(fields: dict[str, Any], dtype: Any, shape: tuple[int, ...]) -> None:
    ImageInput(**fields).check(TensorSpec(dtype=dtype, shape=shape), "image")


@pytest.mark.parametrize(
    ("fields", "dtype", "shape", "problem"),
    [
        ({}, "string", (-1, -1, -1, 3), "an image cannot become string; expected numbers"),
        ({}, "bool", (-1, -1, -1, 3), "an image cannot become bool"),
        ({"scale": "0..1"}, "uint8", (-1, -1, -1, 3), "scale=0..1 gives fractions, not uint8"),
        ({}, "float32", (-1, 224, 224, 3), r"\[-1, -1, 3\] does not fit the tensor \[-1, 224, 224"),
        ({"height": 4, "width": 6}, "float32", (-1, 6, 4, 3), r"\[4, 6, 3\] does not fit"),
        ({"color": "rgba"}, "float32", (-1, -1, -1, 3), "does not fit"),
        ({}, "float32", (-1, 784), "does not fit"),
    ],
)
def test_tensors_that_do_not_fit(
    fields: dict[str, Any], dtype: Any, shape: tuple[int, ...], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        ImageInput(**fields).check(TensorSpec(dtype=dtype, shape=shape), "image")


@pytest.mark.parametrize("color", ["rgb", "grayscale"])
def test_transparency_that_is_not_asked_for_gives_no_warning(color: Any) -> None:
    palette = scene(20, 30).convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    content = encoded(palette, "PNG", transparency=bytes(range(64)))
    ImageInput(height=4, width=6, color=color).read(content, FLOAT)  # warnings are errors here
