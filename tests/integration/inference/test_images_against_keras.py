"""A picture becomes the numbers that Keras and TensorFlow compute from the same file."""

from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.applications import imagenet_utils
from keras.src.utils.image_dataset_utils import _load_image_tf
from numpy.typing import NDArray
from PIL import Image, ImageOps

from inference.inputs.images import ImageInput, Scale
from inference.inputs.pictures import Color
from inference.inputs.resizing import Fit, Resize
from tests.pictures import PICTURES, encoded, scene

FLOAT = np.dtype(np.float32)
PHOTOGRAPHS = sorted(PICTURES.glob("*.jpg"))
SIZES = [(224, 224), (96, 160), (299, 31), (500, 700)]


def loaded(content: bytes, color: str = "rgb", **options: Any) -> NDArray[np.float32]:
    """What Keras makes of a file, 0 to 255."""
    image = keras.utils.load_img(BytesIO(content), color_mode=color, **options)
    array: NDArray[np.float32] = keras.utils.img_to_array(image)
    return array


def require_close(found: NDArray[Any], expected: NDArray[Any]) -> None:
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("resize", ["nearest", "bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("fit", ["stretch", "crop"])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_sizes_are_those_of_load_img(
    photograph: Path, resize: Resize, fit: Fit, height: int, width: int
) -> None:
    content = photograph.read_bytes()
    declared = ImageInput(height=height, width=width, resize=resize, fit=fit)
    expected = loaded(
        content,
        target_size=(height, width),
        interpolation=resize,
        keep_aspect_ratio=fit == "crop",
    )
    require_close(declared.read(content, FLOAT), expected)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS, ids=lambda path: path.stem)
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_crop_by_tensorflows_arithmetic_is_smart_resize(
    photograph: Path, height: int, width: int
) -> None:
    content = photograph.read_bytes()
    declared = ImageInput(height=height, width=width, resize="tf-bilinear", fit="crop")
    expected = keras.preprocessing.image.smart_resize(loaded(content), (height, width))
    require_close(declared.read(content, FLOAT), expected)


@pytest.mark.parametrize("color", ["rgb", "grayscale", "rgba"])
@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize(
    ("fit", "found"),
    [
        *product(["stretch", "crop", "pad"], [(300, 451), (451, 300), (7, 5), (300, 300)]),
        *product(["stretch", "crop"], [(1, 90)]),  # TensorFlow fails where this is padded
    ],
)
def test_tensorflows_arithmetic_is_that_of_image_dataset_from_directory(
    tmp_path: Path, fit: Fit, color: Color, height: int, width: int, found: tuple[int, int]
) -> None:
    mode = {"rgb": "RGB", "grayscale": "L", "rgba": "RGBA"}[color]
    content = encoded(scene(*found).convert(mode), "PNG")
    (tmp_path / "picture.png").write_bytes(content)
    declared = ImageInput(height=height, width=width, color=color, resize="tf-bilinear", fit=fit)
    expected = _load_image_tf(
        str(tmp_path / "picture.png"),
        (height, width),
        {"rgb": 3, "grayscale": 1, "rgba": 4}[color],
        "bilinear",
        "channels_last",
        crop_to_aspect_ratio=fit == "crop",
        pad_to_aspect_ratio=fit == "pad",
    )
    require_close(declared.read(content, FLOAT), tf.cast(expected, tf.float32).numpy())


@pytest.mark.parametrize("resize", ["nearest", "bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_padded_picture_lies_where_tensorflow_puts_it(
    resize: Resize, height: int, width: int
) -> None:
    content = encoded(Image.new("RGB", (451, 300), (200, 100, 50)), "PNG")
    declared = ImageInput(height=height, width=width, resize=resize, fit="pad")
    pixels = np.full((300, 451, 3), (200, 100, 50), np.float32)
    expected = tf.image.resize_with_pad(pixels, height, width).numpy()
    require_close(declared.read(content, FLOAT), expected)


@pytest.mark.parametrize(
    ("scale", "mode"), [("-1..1", "tf"), ("caffe", "caffe"), ("torch", "torch")]
)
@pytest.mark.parametrize("channels", ["last", "first"])
def test_scales_are_those_of_preprocess_input(scale: Scale, mode: str, channels: Any) -> None:
    content = PHOTOGRAPHS[0].read_bytes()
    declared = ImageInput(height=224, width=224, scale=scale, channels=channels)
    pixels = loaded(content, target_size=(224, 224), interpolation="bilinear")
    if channels == "first":
        pixels = np.ascontiguousarray(pixels.transpose(2, 0, 1))
    expected = imagenet_utils.preprocess_input(pixels, f"channels_{channels}", mode)
    require_close(declared.read(content, FLOAT), expected)


def test_0_to_1_is_what_a_rescaling_layer_computes() -> None:
    content = PHOTOGRAPHS[0].read_bytes()
    declared = ImageInput(height=224, width=224, scale="0..1")
    pixels = loaded(content, target_size=(224, 224), interpolation="bilinear")
    expected = keras.layers.Rescaling(1 / 255)(pixels).numpy()
    require_close(declared.read(content, FLOAT), expected)


@pytest.mark.parametrize("color", ["rgb", "grayscale", "rgba"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_no_scale_leaves_the_pixels(color: Color, dtype: str) -> None:
    content = PHOTOGRAPHS[0].read_bytes()
    declared = ImageInput(height=96, width=96, color=color)
    expected = loaded(content, color, target_size=(96, 96), interpolation="bilinear")
    require_close(declared.read(content, np.dtype(dtype)), expected.astype(dtype))


def _variants() -> dict[str, bytes]:
    """Files of every kind of colour that the four formats know."""
    picture = scene(60, 83)
    alpha = Image.linear_gradient("L").resize(picture.size)
    transparent = picture.copy()
    transparent.putalpha(alpha)
    grey = picture.convert("LA")
    grey.putalpha(alpha)
    palette = picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    return {
        "JPEG": encoded(picture, "JPEG"),
        "JPEG progressive": encoded(picture, "JPEG", progressive=True),
        "JPEG grey": encoded(picture.convert("L"), "JPEG"),
        "JPEG CMYK": encoded(picture.convert("CMYK"), "JPEG"),
        "JPEG with a profile": encoded(picture, "JPEG", icc_profile=b"profile" * 20_000),
        "PNG": encoded(picture, "PNG"),
        "PNG RGBA": encoded(transparent, "PNG"),
        "PNG LA": encoded(grey, "PNG"),
        "PNG L": encoded(picture.convert("L"), "PNG"),
        "PNG 1 bit": encoded(picture.convert("1"), "PNG"),
        "PNG P": encoded(palette, "PNG"),
        "PNG P, one transparent": encoded(palette, "PNG", transparency=3),
        "PNG P, an alpha for each": encoded(palette, "PNG", transparency=bytes(range(64))),
        "PNG RGB, one transparent": encoded(picture, "PNG", transparency=(255, 0, 0)),
        "WebP": encoded(picture, "WEBP"),
        "WebP lossless": encoded(picture, "WEBP", lossless=True),
        "WebP RGBA": encoded(transparent, "WEBP"),
        "WebP animated": encoded(picture, "WEBP", save_all=True, append_images=[transparent] * 3),
        "GIF": encoded(palette, "GIF"),
        "GIF, one transparent": encoded(palette, "GIF", transparency=3),
        "GIF grey": encoded(picture.convert("L"), "GIF"),
        "GIF interlaced": encoded(palette, "GIF", interlace=1),
        "GIF animated": encoded(picture, "GIF", save_all=True, append_images=[grey, palette]),
        "MPO": encoded(picture, "MPO", save_all=True, append_images=[picture.rotate(180)]),
    }


VARIANTS = _variants()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("color", ["rgb", "grayscale", "rgba"])
@pytest.mark.filterwarnings("ignore:Palette images with Transparency")  # Pillow's, of Keras' call
def test_colors_are_those_of_load_img(variant: str, color: Color) -> None:
    content = VARIANTS[variant]
    declared = ImageInput(height=32, width=48, color=color)
    expected = loaded(content, color, target_size=(32, 48), interpolation="bilinear")
    require_close(declared.read(content, FLOAT), expected)


@pytest.mark.parametrize(("color", "count"), [("rgb", 3), ("grayscale", 1)])
def test_16_bits_become_8_as_tensorflow_reads_them(color: Color, count: int) -> None:
    pixels = np.arange(256 * 4, dtype=np.uint16).reshape(16, 64) * 64
    content = encoded(Image.fromarray(pixels), "PNG")
    expected = tf.io.decode_image(content, channels=count).numpy().astype(np.float32)
    require_close(ImageInput(height=16, width=64, color=color).read(content, FLOAT), expected)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(9))
@pytest.mark.parametrize("fit", ["stretch", "crop"])
def test_a_phones_photograph_is_turned_upright(format_: str, orientation: int, fit: Fit) -> None:
    exif = Image.Exif()
    exif[0x010F] = "maker"
    exif[0x0112] = orientation
    content = encoded(scene(60, 83), format_, exif=exif)
    upright = encoded(ImageOps.exif_transpose(Image.open(BytesIO(content))), "PNG", exif=b"")
    declared = ImageInput(height=32, width=47, fit=fit)
    crop = fit == "crop"
    expected = loaded(
        upright, target_size=(32, 47), interpolation="bilinear", keep_aspect_ratio=crop
    )
    require_close(declared.read(content, FLOAT), expected)


def test_what_smart_resize_and_load_img_differ_by() -> None:
    """The reason for two arithmetics: a picture made much smaller differs by tens of 255."""
    content = encoded(scene(900, 1200), "PNG")
    of_pillow, of_tensorflow = (
        ImageInput(height=64, width=64, fit="crop", resize=resize).read(content, FLOAT)
        for resize in ("bilinear", "tf-bilinear")
    )
    assert np.abs(of_pillow - of_tensorflow).max() > 20
