"""What a tensor that looks like a picture is taken for, and the sentence that says so."""

from typing import NamedTuple

from inference.inputs.images import ImageInput, Scale
from inference.inputs.pictures import Color
from inference.signatures import TensorSpec
from scripts.adding.declaring.image_facts import Facts, Scaling

_COLORS: dict[int, Color] = {1: "grayscale", 3: "rgb", 4: "rgba"}
_COLOR_WORDS = {"grayscale": "in grey", "rgb": "in colour", "rgba": "with transparency"}
_SMALLEST = 8  # pixels of a side: scikit-learn's digits. Less is a grid of something else.
_LARGEST_OF_ONE = 2  # means of pixels are less where these are 0 to 1, and more at 0 to 255
_BATCH_AND_ROW = 4  # dimensions
# Networks of keras.applications by the names of layers, which stay where a model is renamed or
# built into another. The first that has all its names is it.
_NETWORKS: tuple[tuple[str, frozenset[str], Scale], ...] = (
    ("MobileNet", frozenset({"conv_dw_1"}), "-1..1"),
    ("MobileNetV2 or V3", frozenset({"expanded_conv_depthwise"}), "-1..1"),
    ("MobileNetV3", frozenset({"expanded_conv/depthwise"}), "-1..1"),  # by Keras 2
    ("ResNetV2", frozenset({"conv2_block1_preact_bn"}), "-1..1"),
    ("ResNet", frozenset({"conv1_conv", "conv2_block1_1_conv", "conv2_block1_out"}), "caffe"),
    ("ResNet", frozenset({"res2a_branch2a"}), "caffe"),  # by Keras 2.2 and older
    ("DenseNet", frozenset({"conv2_block1_0_bn"}), "torch"),
    ("Xception", frozenset({"block1_conv1_bn"}), "-1..1"),
    ("VGG", frozenset({"block1_conv1", "block1_conv2", "block5_conv3"}), "caffe"),
    ("Inception", frozenset({"mixed0"}), "-1..1"),
    ("InceptionResNet", frozenset({"mixed_5b"}), "-1..1"),
    ("NASNet", frozenset({"stem_conv1", "stem_bn1"}), "-1..1"),
    # They bring their own preprocessing, unless that was left out.
    ("EfficientNetV2", frozenset({"stem_conv", "block1a_project_conv"}), "-1..1"),
    ("ConvNeXt", frozenset({"convnext_tiny_stem"}), "torch"),
    ("ConvNeXt", frozenset({"convnext_small_stem"}), "torch"),
    ("ConvNeXt", frozenset({"convnext_base_stem"}), "torch"),
    ("ConvNeXt", frozenset({"convnext_large_stem"}), "torch"),
    ("ConvNeXt", frozenset({"convnext_xlarge_stem"}), "torch"),
)


class ImageProposal(NamedTuple):
    """A declaration, and what to tell of it."""

    declared: ImageInput
    sentence: str


def propose_image(name: str, spec: TensorSpec, facts: Facts | None = None) -> ImageProposal | None:
    """What the tensor ``name`` is taken for; None unless it has the form of a picture.

    >>> spec = TensorSpec(dtype="uint8", shape=(-1, 96, 96, 3))
    >>> print(propose_image("photo", spec).sentence)
    'photo' is taken for a picture of 96 x 96 pixels in colour, scaled to 0..255, because it takes \
uint8; to change it: --input 'photo=image(scale=0..1)', or --input photo=raw
    """
    form = _form(spec)
    if form is None:
        return None
    scale, reason, resize = _scale(spec, form.color, facts or Facts())
    declared = form.model_copy(update={"scale": scale, "resize": resize})
    other = "0..1" if scale == "0..255" else "0..255"
    size = f"{form.height} x {form.width} pixels" if form.height else "any size"
    method = ", resized as by image_dataset_from_directory" if resize != form.resize else ""
    sentence = (
        f"'{name}' is taken for a picture of {size} {_COLOR_WORDS[form.color]}, scaled to {scale}"
        f"{method}, because {reason}; to change it: --input '{name}=image(scale={other})', "
        f"or --input {name}=raw"
    )
    return ImageProposal(declared, sentence)


def _form(spec: TensorSpec) -> ImageInput | None:
    """Size and colours, by the shape."""
    is_number = spec.numpy_dtype.kind == "f" or spec.dtype in ("uint8", "int8")
    if not is_number or len(spec.shape) != _BATCH_AND_ROW:
        return None
    _, first, second, last = spec.shape
    if last in _COLORS:
        height, width, color = first, second, _COLORS[last]
    elif first in _COLORS:
        height, width, color = second, last, _COLORS[first]
    else:
        return None
    if (height < 0) != (width < 0) or 0 <= min(height, width) < _SMALLEST:
        return None
    return ImageInput(
        height=None if height < 0 else height,
        width=None if width < 0 else width,
        color=color,
        channels="last" if last in _COLORS else "first",
    )


def _scale(spec: TensorSpec, color: Color, facts: Facts) -> tuple[Scale, str, str]:
    """The scale, the reason for it, and how to resize."""
    if spec.numpy_dtype.kind != "f":
        return "0..255", f"it takes {spec.dtype}", "bilinear"
    network = next((entry for entry in _NETWORKS if entry[1] <= facts.layers), None)
    if facts.scaling and (known := _taken(facts.scaling)):
        scale, reason = known
        # A model with Rescaling of its own is most often trained on this function's pictures.
        own = facts.scaling.layer == "Rescaling" and not network and not _is_efficient(facts)
        return scale, reason, "tf-bilinear" if own else "bilinear"
    if network and color == "rgb":
        return network[2], f"its layers are those of {network[0]} in keras.applications", "bilinear"
    return "0..1", "nothing in the model tells, and most models are trained so", "bilinear"


def _is_efficient(facts: Facts) -> bool:
    return {"stem_conv", "top_conv"} <= facts.layers  # EfficientNet, which always has Rescaling


def _taken(scaling: Scaling) -> tuple[Scale, str] | None:
    """What numbers the model's first computation expects."""
    if scaling.layer == "arithmetic":
        return "0..255", "it computes with the pixels itself before its first layer"
    if scaling.layer == "Rescaling":
        reason = f"its layer Rescaling multiplies by {scaling.factor:.4g}"
        if abs(scaling.factor) < 1 / 10:
            return "0..255", reason
        if scaling.factor > 100 and scaling.offset > 100:  # noqa: PLR2004 - back to 0 to 255
            return "-1..1", f"{reason} and adds {scaling.offset:.4g}"
        return "0..1", reason
    if scaling.layer == "BatchNormalization" and scaling.offset == 0:
        return None  # not trained
    reason = f"its layer {scaling.layer} has the mean {scaling.offset:.4g}"
    return ("0..255" if scaling.offset > _LARGEST_OF_ONE else "0..1"), reason
