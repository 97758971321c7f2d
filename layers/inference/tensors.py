"""JSON values to arrays and back. A truth value is never read as a number, nor 1.0 as an integer.

>>> from_json([[1, 2.5]], TensorSpec(dtype="float32", shape=(-1, 2)), "x")
array([[1. , 2.5]], dtype=float32)
"""

import base64
import binascii
from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import InvalidInputError
from inference.signatures import TensorSpec

Json = Any  # what a JSON parser gives: nested lists and objects
_ALLOWED: dict[str, set[type]] = {"b": {bool}, "i": {int}, "u": {int}, "f": {int, float}}
# By the size of a float in bytes: numbers of decimal digits, the first of which is always enough to
# read the same float again.
_DIGITS = {4: (9, 8, 7), 2: (5, 4)}
_EXPECTED = {"b": "true or false", "i": "integers", "u": "integers", "f": "numbers"}


def from_json(value: Json, spec: TensorSpec, name: str) -> NDArray[Any]:
    """An array of the nesting's own shape. Raises :class:`InvalidInputError` naming the tensor.

    Text is UTF-8, or ``{"b64": "…"}`` for any bytes.
    """
    shape, leaves = _flatten(value, name)
    if spec.dtype == "string":
        array = np.empty(len(leaves), object)
        array[:] = [_bytes(leaf, name) for leaf in leaves]
        return array.reshape(shape)
    kind = spec.numpy_dtype.kind
    wrong = set(map(type, leaves)) - _ALLOWED[kind]
    if wrong:
        types = sorted(
            "null" if wrong_type is type(None) else wrong_type.__name__ for wrong_type in wrong
        )
        raise InvalidInputError(f"'{name}' takes {_EXPECTED[kind]}, not {', '.join(types)}")
    try:
        with np.errstate(over="ignore"):  # too large a number becomes infinity
            return np.array(leaves, spec.numpy_dtype).reshape(shape)
    except OverflowError as error:
        raise InvalidInputError(f"'{name}' has values out of {spec.dtype}'s range") from error


def _flatten(value: Json, name: str) -> tuple[list[int], list[Any]]:
    shape: list[int] = []
    level: list[Any] = [value]
    while level and isinstance(level[0], list):
        if set(map(type, level)) != {list} or len(set(map(len, level))) != 1:
            raise InvalidInputError(f"'{name}' is ragged: lists of one level differ in length")
        shape.append(len(level[0]))
        level = list(chain.from_iterable(level))
    if list in set(map(type, level)):
        raise InvalidInputError(f"'{name}' is ragged: values beside lists")
    return shape, level


def _bytes(leaf: object, name: str) -> bytes:
    if isinstance(leaf, str):
        return leaf.encode("utf-8", "surrogatepass")
    if isinstance(leaf, dict) and leaf.keys() == {"b64"} and isinstance(leaf["b64"], str):
        try:
            return base64.b64decode(leaf["b64"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInputError(f"'{name}' has a b64 value that is not base64") from error
    raise InvalidInputError(f"'{name}' takes strings, or bytes as {{\"b64\": …}}")


def to_json(array: NDArray[Any], *, as_b64: bool = False) -> Json:
    """Nested lists, or one value; bytes as text, or as ``{"b64": …}``.

    NaN and infinity stay floats. The caller, which writes the JSON, decides how.
    """
    if array.dtype.kind == "f" and array.dtype.itemsize in _DIGITS:
        array = _few_digits(array)
    if array.dtype.kind not in "OS":
        return array.tolist()
    flat = [_text(value, as_b64=as_b64) for value in _each(array)]
    boxed = np.empty(len(flat), object)
    boxed[:] = flat
    return boxed.reshape(array.shape).tolist()


def _few_digits(array: NDArray[Any]) -> NDArray[Any]:
    """Doubles of few digits that round to the same floats: their text is half as long."""
    exact = array.astype(float)
    written = exact
    with np.errstate(all="ignore"):
        magnitude = np.floor(np.log10(np.abs(exact)))
        for digits in _DIGITS[array.dtype.itemsize]:
            scale = 10.0 ** (digits - 1 - magnitude)
            rounded = np.rint(exact * scale) / scale
            written = np.where(rounded.astype(array.dtype) == array, rounded, written)
    return written


def _each(array: NDArray[Any]) -> Iterable[bytes]:
    return (bytes(value) for value in array.ravel().tolist())


def _text(value: bytes, *, as_b64: bool) -> Json:
    if as_b64:
        return {"b64": base64.b64encode(value).decode()}
    return value.decode("utf-8", "replace")
