"""Arrays to JSON, piece by piece: an answer over the limit is refused before it is built."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pydantic_core
from fastapi import Response
from numpy.typing import NDArray

from inference.errors import TooLargeError
from inference.rows import require_rows, to_rows
from inference.signatures import Tensors
from inference.tensors import Json, to_json

NonFiniteAs = Literal["null", "tokens"]
_VALUES_OF_A_PIECE = 16_384


@dataclass(frozen=True)
class Rows:
    """Outputs as a list of objects, one for each row; ``extra`` has more fields of each row.

    An output keeps its value where a field has the same name.

    Raises :class:`InvalidInputError` if the outputs have no common first dimension.
    """

    outputs: Tensors
    as_b64: Sequence[str] = ()
    extra: Sequence[Mapping[str, Json]] = ()

    def __post_init__(self) -> None:  # noqa: D105
        require_rows(self.outputs)

    def __len__(self) -> int:
        """The number of rows."""
        return len(next(iter(self.outputs.values())))

    @property
    def size(self) -> int:
        """Values of all rows."""
        return sum(array.size for array in self.outputs.values())

    def part(self, start: int, stop: int) -> list[dict[str, Json]]:
        """Some of the rows."""
        part = {name: array[start:stop] for name, array in self.outputs.items()}
        rows = to_rows(part, self.as_b64)
        if not self.extra:
            return rows
        extra = self.extra[start:stop]
        return [{**row, **more, **row} for row, more in zip(rows, extra, strict=True)]

    def row(self, number: int) -> dict[str, Any]:
        """One row, its values still arrays."""
        values = {name: np.asarray(array[number]) for name, array in self.outputs.items()}
        as_b64 = {name: to_json(values[name], as_b64=True) for name in self.as_b64}
        return {**values, **(self.extra[number] if self.extra else {}), **values, **as_b64}


def json_bytes(value: object, nan: NonFiniteAs = "null", limit: int | None = None) -> bytes:
    """JSON in UTF-8. NaN and infinity become ``null``, or the bare words ``NaN`` and so on.

    ``value`` may hold arrays and :class:`Rows`. Raises :class:`TooLargeError` over the limit.
    """
    pieces, size = [], 0
    for piece in _Writer("constants" if nan == "tokens" else "null").pieces(value):
        pieces.append(piece)
        size += len(piece)
        require_size(size, limit)
    return b"".join(pieces)


def json_response(value: object, nan: NonFiniteAs = "null", limit: int | None = None) -> Response:
    """A successful answer."""
    return Response(json_bytes(value, nan, limit), media_type="application/json")


def require_size(size: int, limit: int | None) -> None:
    """Raise :class:`TooLargeError` for more bytes than an answer may hold."""
    if limit is not None and size > limit:
        raise TooLargeError(f"the answer exceeds {limit} bytes; send fewer rows")


@dataclass(frozen=True)
class _Writer:
    inf_nan_mode: Literal["constants", "null"]

    def pieces(self, value: object) -> Iterator[bytes]:
        if isinstance(value, np.ndarray):
            yield from self._array(value)
        elif isinstance(value, Rows):
            yield from self._rows(value)
        elif isinstance(value, dict):
            fields = ((self._write(name) + b":", field) for name, field in value.items())
            yield from self._joined(b"{", fields, b"}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from self._joined(b"[", ((b"", item) for item in value), b"]")
        else:
            yield self._write(value)

    def _joined(
        self, opening: bytes, items: Iterable[tuple[bytes, object]], closing: bytes
    ) -> Iterator[bytes]:
        yield opening
        for number, (name, item) in enumerate(items):
            yield b"," + name if number else name
            yield from self.pieces(item)
        yield closing

    def _array(self, array: NDArray[Any]) -> Iterator[bytes]:
        if array.size <= _VALUES_OF_A_PIECE:
            yield self._write(to_json(array))
            return
        step = _VALUES_OF_A_PIECE * len(array) // array.size
        if not step:
            yield from self._joined(b"[", ((b"", part) for part in array), b"]")
            return
        yield b"["
        for start in range(0, len(array), step):
            part = self._write(to_json(array[start : start + step]))[1:-1]
            yield b"," + part if start else part
        yield b"]"

    def _rows(self, rows: Rows) -> Iterator[bytes]:
        step = _VALUES_OF_A_PIECE * len(rows) // max(1, rows.size)
        if not step:
            each = ((b"", rows.row(number)) for number in range(len(rows)))
            yield from self._joined(b"[", each, b"]")
            return
        yield b"["
        for start in range(0, len(rows), step):
            part = self._write(rows.part(start, start + step))[1:-1]
            yield b"," + part if start else part
        yield b"]"

    def _write(self, value: object) -> bytes:
        return pydantic_core.to_json(value, inf_nan_mode=self.inf_nan_mode)
