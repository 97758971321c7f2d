"""Text: one string for each row, as models with their own vocabulary take it."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from inference.errors import InvalidInputError, Place
from inference.inputs.cells import Field, Json, Schema, is_scalar_row
from inference.signatures import TensorSpec


class TextInput(BaseModel):
    """One text for each row of a string tensor of shape (-1,) or (-1, 1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["text"] = "text"

    def check(self, spec: TensorSpec, name: str) -> None:
        """Raise ``ValueError`` if the tensor takes no texts."""
        if spec.dtype != "string" or not is_scalar_row(spec):
            raise ValueError(
                f"input '{name}' cannot be text: it is {spec.dtype}{list(spec.shape)}, and text "
                "needs a string tensor of shape [-1] or [-1, 1]"
            )

    def is_declared_form(self, value: Json) -> bool:
        """Whether it is a text and not the tensor's own form."""
        return isinstance(value, str | bytes)

    def decode(self, value: Json, spec: TensorSpec, name: str, field: Field) -> NDArray[Any]:
        """One row of the tensor. Raises :class:`InvalidInputError`."""
        if isinstance(value, bytes):
            content = _checked(value, name, field)
        elif isinstance(value, str):
            content = value.encode("utf-8", "surrogatepass")
        else:
            message = f"'{name}' takes a text"
            raise InvalidInputError(message, [Place(field(()), message, "wrong_type")])
        row = np.empty(spec.shape[1:], object)
        row.fill(content)
        return row

    def json_schema(self, spec: TensorSpec) -> Schema:  # noqa: ARG002 - the same for every tensor
        """JSON Schema of a text."""
        return {"type": "string"}


def _checked(content: bytes, name: str, field: Field) -> bytes:
    """An uploaded file's text, without the mark that Windows writes before it."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        message = f"'{name}' takes text in UTF-8; byte {error.start} is not part of such a text"
        raise InvalidInputError(message, [Place(field(()), message, "wrong_type")]) from error
    return content.removeprefix(b"\xef\xbb\xbf")
