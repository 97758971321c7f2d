"""Pictures for a model: a JPEG, PNG, WebP or GIF file becomes one row of a tensor.

>>> declared = ImageInput(height=224, width=224, scale="caffe")
>>> declared.row_shape
(224, 224, 3)
"""

import threading
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Bounded

from inference.errors import InvalidInputError, Place
from inference.inputs.cells import Field, Json, Schema
from inference.inputs.pictures import Color, read_picture
from inference.inputs.resizing import Fit, Pixels, Resize, pixels_of, resized
from inference.signatures import TensorSpec
from inference.tensors import bytes_of

Scale = Literal["0..255", "0..1", "-1..1", "caffe", "torch"]
_decoding = threading.Lock()  # a large picture takes 600 MB while it is decoded
_CHANNELS = {"rgb": 3, "grayscale": 1, "rgba": 4}
# Of a picture that keeps its own size: 50 MB as float32, more than networks of free size take.
_MOST_OWN_PIXELS = 4_194_304
# Of ImageNet's pictures: blue, green, red of 0 to 255; red, green, blue of 0 to 1.
_CAFFE_MEAN = (103.939, 116.779, 123.68)
_TORCH_MEAN, _TORCH_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class ImageInput(BaseModel):
    """How a picture becomes the tensor of an input."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["image"] = "image"
    height: int | None = Bounded(
        default=None, gt=0
    )  # None, both: the picture's own, where it is free
    width: int | None = Bounded(default=None, gt=0)
    color: Color = "rgb"
    resize: Resize = "bilinear"
    fit: Fit = "stretch"
    # What 0 to 255 becomes. Integers are always 0 to 255; for int8, -128 to 127.
    scale: Scale = "0..255"
    channels: Literal["last", "first"] = "last"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.height is None) != (self.width is None):
            raise ValueError("height and width are both given, or none of them")
        if self.scale in ("caffe", "torch") and self.color != "rgb":
            raise ValueError(f"scale={self.scale} is of pictures in colour; set color=rgb")
        return self

    @property
    def row_shape(self) -> tuple[int, int, int]:
        """The shape of one row; -1 is free."""
        height, width = self.height or -1, self.width or -1
        count = _CHANNELS[self.color]
        return (count, height, width) if self.channels == "first" else (height, width, count)

    def check(self, spec: TensorSpec, name: str) -> None:
        """Raise ``ValueError`` unless rows of this form fit the tensor."""
        try:
            self._require_tensor(spec)
        except ValueError as error:
            raise ValueError(f"input '{name}': {error}") from error

    def _require_tensor(self, spec: TensorSpec) -> None:
        numbers = "iuf"
        if spec.numpy_dtype.kind not in numbers:
            raise ValueError(f"an image cannot become {spec.dtype}; expected numbers")
        if spec.numpy_dtype.kind != "f" and self.scale != "0..255":
            raise ValueError(f"scale={self.scale} gives fractions, not {spec.dtype}; use 0..255")
        if len(spec.shape) != 1 + len(self.row_shape) or any(
            size not in (-1, own) for size, own in zip(spec.shape[1:], self.row_shape, strict=True)
        ):
            raise ValueError(
                f"an image of {_text(self.row_shape)} does not fit the tensor {_text(spec.shape)}; "
                "set height, width, color or channels"
            )

    def is_declared_form(self, value: Json) -> bool:
        """Whether it is a picture's file and not the tensor's own form."""
        return isinstance(value, bytes) or (isinstance(value, dict) and value.keys() == {"b64"})

    def decode(self, value: Json, spec: TensorSpec, name: str, field: Field) -> NDArray[Any]:
        """One row of the tensor. Raises what :meth:`read` raises."""
        try:
            content = value if isinstance(value, bytes) else bytes_of(value, name)
            with _decoding:
                return self.read(content, spec.numpy_dtype)
        except InvalidInputError as error:
            message = f"'{name}': {error.message}"
            raise InvalidInputError(message, [Place(field(()), message, "no_picture")]) from error

    def json_schema(self, spec: TensorSpec) -> Schema:  # noqa: ARG002 - the same for every tensor
        """JSON Schema of a picture's file in base64."""
        return {
            "type": "object",
            "properties": {"b64": {"type": "string", "contentEncoding": "base64"}},
            "required": ["b64"],
            "additionalProperties": False,
        }

    def read(self, content: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
        """One row, as the model takes it, of a picture's file.

        Raises :class:`InvalidInputError` for what is no picture, and
        :class:`inference.errors.TooLargeError` before a picture is decoded that is too large.
        """
        if self.height is None or self.width is None:
            pixels = pixels_of(read_picture(content, self.color, _MOST_OWN_PIXELS))
        else:
            picture = read_picture(content, self.color)
            pixels = resized(picture, self.height, self.width, self.resize, self.fit)
        row = _scaled(pixels, self.scale, dtype)
        return np.ascontiguousarray(row.transpose(2, 0, 1) if self.channels == "first" else row)


def _scaled(pixels: Pixels, scale: Scale, dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind != "f":
        whole = np.rint(pixels).astype(np.int16)
        return (whole - 128 if dtype == np.int8 else whole).astype(dtype)
    values = pixels.astype(np.float32)  # as Keras computes, whatever the tensor holds
    if scale == "0..1":
        values /= 255
    elif scale == "-1..1":
        values /= 127.5
        values -= 1
    elif scale == "caffe":
        values = values[..., ::-1] - np.array(_CAFFE_MEAN, np.float32)
    elif scale == "torch":
        values /= 255
        values -= np.array(_TORCH_MEAN, np.float32)
        values /= np.array(_TORCH_DEVIATION, np.float32)
    return values.astype(dtype)


def _text(shape: tuple[int, ...]) -> str:
    return str(list(shape))
