"""Triton's binary tensors: little-endian values, text with its length in four bytes before it.

Format: Triton Inference Server, ``docs/protocol/extension_binary_data.md``.
"""

import struct
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import InvalidInputError
from inference.signatures import TensorSpec

HEADER_LENGTH = "Inference-Header-Content-Length"
_LENGTH = struct.Struct("<I")


def decode(
    raw: memoryview, spec: TensorSpec, name: str, expected: int | None = None
) -> NDArray[Any]:
    """A flat array; of texts, no more are read than one beyond those that are expected.

    Raises :class:`InvalidInputError` where the bytes do not fit the dtype.
    """
    if spec.dtype == "string":
        values = list(islice(_texts(raw, name), None if expected is None else expected + 1))
        array = np.empty(len(values), object)
        array[:] = values
        return array
    dtype = spec.numpy_dtype.newbyteorder("<")
    if len(raw) % dtype.itemsize:
        raise InvalidInputError(f"input '{name}': {len(raw)} bytes do not hold {spec.dtype} values")
    return np.frombuffer(raw, dtype).astype(spec.numpy_dtype)


def _texts(raw: memoryview, name: str) -> Any:  # noqa: ANN401 - a generator of bytes
    place = 0
    while place < len(raw):
        start = place + _LENGTH.size
        length = _LENGTH.unpack(raw[place:start])[0] if start <= len(raw) else len(raw)
        place = start + length
        if place > len(raw):
            raise InvalidInputError(f"input '{name}': a text is longer than its bytes")
        yield bytes(raw[start:place])


def encode(array: NDArray[Any]) -> bytes:
    """The array's values in row-major order."""
    if array.dtype.kind in "OS":
        return b"".join(_LENGTH.pack(len(text)) + text for text in map(bytes, array.ravel()))
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
