"""Serialized ``tf.Example`` records, written and read without TensorFlow and protobuf.

Format: ``tensorflow/core/example/feature.proto``, in protobuf's wire format.

>>> decode(encode({"age": ("int64", [41])}))
{'age': ('int64', [41])}
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from inference.errors import InvalidInputError

Kind = Literal["string", "float32", "int64"]
Feature = tuple[Kind, list[Any]]

_KINDS: dict[int, Kind] = {1: "string", 2: "float32", 3: "int64"}  # by the field's number
_NUMBERS = {kind: number for number, kind in _KINDS.items()}
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5  # protobuf's wire types
_FLOAT_BYTES = 4
_LONGEST_VARINT = 10  # bytes
_MORE = 0x80  # the bit that says that a number goes on


def encode(features: Mapping[str, tuple[Kind, Sequence[Any]]]) -> bytes:
    """One serialized example. The values fit their kind."""
    entries = (
        _field(1, _field(1, name.encode()) + _field(2, _feature(*feature)))
        for name, feature in features.items()
    )
    return _field(1, b"".join(entries))


def _feature(kind: Kind, values: Sequence[Any]) -> bytes:
    if kind == "string":
        packed = b"".join(_field(1, value) for value in values)
    elif kind == "float32":
        packed = _field(1, np.asarray(values, "<f4").tobytes())
    else:
        packed = _field(1, b"".join(_varint(value & (2**64 - 1)) for value in values))
    return _field(_NUMBERS[kind], packed)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    content = bytearray()
    while number >= _MORE:
        content.append(number & (_MORE - 1) | _MORE)
        number >>= 7
    content.append(number)
    return bytes(content)


def decode(serialized: bytes) -> dict[str, Feature]:
    """The features of an example that have values of a kind; of two with one name the last.

    Raises :class:`InvalidInputError` for other bytes.
    """
    try:
        return _decode(memoryview(serialized))
    except (IndexError, ValueError, struct.error) as error:
        raise InvalidInputError("is no serialized tf.Example") from error


def _decode(serialized: memoryview) -> dict[str, Feature]:
    features: dict[str, Feature] = {}
    for entries in _contents(serialized, 1):
        for entry in _contents(entries, 1):
            name = b"".join([*_contents(entry, 1)][-1:]).decode()
            for number, content in _fields(b"".join(_contents(entry, 2))):
                if number in _KINDS and isinstance(content, memoryview):
                    features[name] = (_KINDS[number], _values(_KINDS[number], content))
    return features


def _values(kind: Kind, content: memoryview) -> list[Any]:
    """The values of a list: numbers are packed into one field, or have a field each."""
    values: list[Any] = []
    for number, field in _fields(content):
        if number != 1:
            continue
        if kind == "string":
            values.append(_require_bytes(field).tobytes())
        elif kind == "float32":
            values += np.frombuffer(_require_bytes(field), "<f4").tolist()
        elif isinstance(field, int):
            values.append(_signed(field))
        else:
            place = 0
            while place < len(field):
                value, place = _read_varint(field, place)
                values.append(_signed(value))
    return values


def _contents(content: memoryview, number: int) -> Iterator[memoryview]:
    return (_require_bytes(field) for found, field in _fields(content) if found == number)


def _require_bytes(field: memoryview | int) -> memoryview:
    if isinstance(field, int):
        raise ValueError("a number where bytes are expected")  # noqa: TRY004 - damaged data
    return field


def _fields(content: memoryview | bytes) -> Iterator[tuple[int, memoryview | int]]:
    """The number of each field, and its content; what no example has is read as well."""
    content, place = memoryview(content), 0
    while place < len(content):
        tag, place = _read_varint(content, place)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            value, place = _read_varint(content, place)
            yield number, value
            continue
        if wire_type == _BYTES:
            size, place = _read_varint(content, place)
        elif wire_type in (_FIXED_64, _FIXED_32):
            size = 8 if wire_type == _FIXED_64 else _FLOAT_BYTES
        else:
            raise ValueError("an unknown wire type")
        if size > len(content) - place:
            raise ValueError("a field is longer than the bytes that hold it")
        yield number, content[place : place + size]
        place += size


def _read_varint(content: memoryview, place: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 7 * _LONGEST_VARINT, 7):
        byte = content[place]
        place += 1
        number |= (byte & (_MORE - 1)) << shift
        if byte < _MORE:
            return number & (2**64 - 1), place
    raise ValueError("a number is too long")


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number
