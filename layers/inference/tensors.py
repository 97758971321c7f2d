"""JSON values to arrays and back. A truth value is never read as a number, nor 1.0 as an integer.

Arrays are checked as a whole. Single values are looked at only to tell where a wrong one is.

>>> from_json([[1, 2.5]], TensorSpec(dtype="float32", shape=(-1, 2)), "x")
array([[1. , 2.5]], dtype=float32)
"""

import base64
import binascii
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import MOST_PLACES, InvalidInputError, Place
from inference.signatures import TensorSpec

Json = Any  # what a JSON parser gives: nested lists and objects
Index = tuple[int, ...]  # of a value in nested lists

_ALLOWED: dict[str, set[type]] = {"b": {bool}, "i": {int}, "u": {int}, "f": {int, float}}
# By the size of a float in bytes: numbers of decimal digits, the first of which is always enough to
# read the same float again.
_DIGITS = {4: (9, 8, 7), 2: (5, 4)}
_DEEPEST = 32  # dimensions; NumPy has 64, models have fewer than ten
_EXPECTED = {"b": "true or false", "i": "integers", "u": "integers", "f": "numbers"}


def from_json(
    value: Json, spec: TensorSpec, name: str, field: Callable[[Index], str] | None = None
) -> NDArray[Any]:
    """An array of the nesting's own shape. Raises :class:`InvalidInputError` naming the tensor.

    Text is UTF-8, or ``{"b64": "…"}`` for any bytes. ``field`` names a value by its place in the
    nested lists; the error's places have these names.
    """
    field = field or (lambda index: ".".join([name, *map(str, index)]))
    shape, leaves = _flatten(value, name, field)
    if spec.dtype == "string":
        return _texts(leaves, shape, name, field)
    kind = spec.numpy_dtype.kind
    allowed = _ALLOWED[kind]
    if wrong := set(map(type, leaves)) - allowed:
        found = ", ".join(sorted(map(_name_of, wrong)))
        message = f"'{name}' takes {_EXPECTED[kind]}, not {found}"
        places = (place for place, leaf in enumerate(leaves) if type(leaf) not in allowed)
        raise InvalidInputError(
            message,
            [
                Place(
                    _at(place, shape, field),
                    f"expected {_EXPECTED[kind]}, found {_name_of(type(leaves[place]))}",
                    "wrong_type",
                )
                for place in islice(places, MOST_PLACES)
            ],
        )
    try:
        with np.errstate(over="ignore"):  # too large a number becomes infinity
            return np.array(leaves, spec.numpy_dtype).reshape(shape)
    except OverflowError as error:
        raise _out_of_range(leaves, shape, spec, name, field) from error


def _out_of_range(
    leaves: Sequence[Any],
    shape: Sequence[int],
    spec: TensorSpec,
    name: str,
    field: Callable[[Index], str],
) -> InvalidInputError:
    # Python's own numbers, because NumPy's cannot be compared with an integer of 400 digits.
    largest = sys.float_info.max
    lowest, highest = -largest, largest
    if spec.numpy_dtype.kind != "f":
        lowest, highest = np.iinfo(spec.dtype).min, np.iinfo(spec.dtype).max
    places = (place for place, leaf in enumerate(leaves) if not lowest <= leaf <= highest)
    return InvalidInputError(
        f"'{name}' has values out of {spec.dtype}'s range",
        [
            Place(_at(place, shape, field), f"out of {spec.dtype}'s range", "out_of_range")
            for place in islice(places, MOST_PLACES)
        ],
    )


def _flatten(value: Json, name: str, field: Callable[[Index], str]) -> tuple[list[int], list[Any]]:
    """The sizes of nested lists, and their values."""
    shape: list[int] = []
    level: list[Any] = [value]
    while level and isinstance(level[0], list):
        if len(shape) == _DEEPEST:
            raise InvalidInputError(f"'{name}' has lists nested more than {_DEEPEST} deep")
        if set(map(type, level)) != {list} or len(set(map(len, level))) != 1:
            raise _ragged(level, shape, name, field)
        shape.append(len(level[0]))
        level = list(chain.from_iterable(level))
    if list in set(map(type, level)):
        raise _ragged(level, shape, name, field)
    return shape, level


def _ragged(
    level: Sequence[Any], shape: Sequence[int], name: str, field: Callable[[Index], str]
) -> InvalidInputError:
    """The error that names the lists, and the values beside them, that differ from the first."""
    places = (place for place, item in enumerate(level) if _form(item) != _form(level[0]))
    return InvalidInputError(
        f"'{name}' is ragged: lists of one level differ in length, or stand beside values",
        [
            Place(
                _at(place, shape, field),
                f"found {_form(level[place])}, expected {_form(level[0])} as the first one",
                "ragged",
            )
            for place in islice(places, MOST_PLACES)
        ],
    )


def _form(item: Json) -> str:
    return f"a list of {len(item)}" if isinstance(item, list) else "a value"


def _at(place: int, shape: Sequence[int], field: Callable[[Index], str]) -> str:
    return field(tuple(map(int, np.unravel_index(place, shape))) if shape else ())


def _name_of(found: type) -> str:
    return "null" if found is type(None) else found.__name__


def _texts(
    leaves: Sequence[Any], shape: Sequence[int], name: str, field: Callable[[Index], str]
) -> NDArray[Any]:
    array = np.empty(len(leaves), object)
    places: list[Place] = []
    for place, leaf in enumerate(leaves):
        try:
            array[place] = bytes_of(leaf, name)
        except InvalidInputError as error:
            message = str(error)
            places.append(Place(_at(place, shape, field), message, "wrong_type"))
            if len(places) == MOST_PLACES:
                break
    if places:
        raise InvalidInputError(places[0].message, places)
    return array.reshape(shape)


def bytes_of(leaf: object, name: str) -> bytes:
    """Text in UTF-8, or what ``{"b64": …}`` holds. Raises :class:`InvalidInputError`."""
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
