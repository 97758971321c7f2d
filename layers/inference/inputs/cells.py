"""One value as people write it, to the number or the text of a tensor.

A cell of a CSV file is text. The column's declaration decides what the text stands for, so that
``41`` is a number in one column and a word in another. JSON tells numbers from text itself: there,
``"41"`` is no number.

An error never repeats what a client sent, because it may be a secret. It names what is known.
"""

import difflib
import math
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np

from inference.signatures import DType, TensorSpec

Json = Any  # what a JSON parser gives
Field = Callable[[tuple[str | int, ...]], str]  # names a value of a row for the error's places

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d[\d.]*(,\d+)+", re.ASCII)
_EMPTY = {"", "na", "nan", "null"}  # what pandas, R and SQL write for a number that is not there
_TRUTH = {"true": True, "false": False, "1": True, "0": False}
_MOST_SHOWN = 20  # names in one error
_LONGEST_SHOWN = 40  # characters of a name
_MOST_COMPARED = 200  # names; each takes some 10 µs
Schema = dict[str, Any]


class Cell(str):
    """The text of one place of a CSV file."""

    __slots__ = ()


class WrongValueError(Exception):
    """A value that its column cannot take. The text follows the column's name in a sentence."""

    def __init__(self, message: str, kind: str = "wrong_type") -> None:
        super().__init__(message)
        self.kind = kind  # the `type` of the error's place


def is_empty(value: Json, *, number: bool) -> bool:
    """Whether nothing was given: null, an empty text, NaN; for a number also ``NA`` and so on."""
    if isinstance(value, Cell):
        return value.strip().casefold() in (_EMPTY if number else {""})
    if isinstance(value, str):
        return value == ""
    return value is None or (isinstance(value, float) and math.isnan(value))


def read(value: Json, spec: TensorSpec) -> Any:  # noqa: ANN401 - a number, a truth value or bytes
    """What an array for this tensor takes. Raises :class:`WrongValueError`."""
    if spec.dtype == "string":
        return text_of(value)
    return truth_of(value) if spec.dtype == "bool" else number_of(value, spec)


def text_of(value: Json) -> bytes:
    """A text in UTF-8. Raises :class:`WrongValueError` for anything else."""
    if not isinstance(value, str):
        raise WrongValueError(f"takes a text, found {_kind(value)}")
    return value.encode("utf-8", "surrogatepass")


def truth_of(value: Json) -> bool:
    """A truth value, or 0 or 1. Raises :class:`WrongValueError` for anything else."""
    if isinstance(value, Cell) and (written := value.strip().casefold()) in _TRUTH:
        return _TRUTH[written]
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise WrongValueError(f"takes true or false, found {_kind(value)}")


def number_of(value: Json, spec: TensorSpec) -> int | float:
    """A number that the tensor's dtype can hold. Raises :class:`WrongValueError`.

    A truth value is 0 or 1: the columns of one table share a dtype.
    """
    whole = spec.numpy_dtype.kind in "iu"
    if isinstance(value, Cell):
        value = _written_number(value, whole=whole)
    if not isinstance(value, int | float):
        raise WrongValueError(f"takes a number, found {_kind(value)}")
    if whole and isinstance(value, float) and math.isfinite(value):
        raise WrongValueError("takes a whole number, found a fraction")
    if not _fits(value, spec):
        raise WrongValueError(f"is out of {spec.dtype}'s range", "out_of_range")
    return int(value) if whole else float(value)


def _written_number(cell: Cell, *, whole: bool) -> int | float:
    text = cell.strip()
    if text.casefold() in ("true", "false"):
        return int(_TRUTH[text.casefold()])
    if not _NUMBER.fullmatch(text):
        hint = ""
        if _DECIMAL_COMMA.fullmatch(text):
            hint = "; write numbers with a decimal point and no other separators, such as 1234.5"
        raise WrongValueError(f"takes a number, found {_kind(cell)}{hint}")
    if whole and re.fullmatch(r"[+-]?\d{1,400}", text, re.ASCII):
        return int(text)  # a float would round a number of 17 digits
    number = float(text)
    # pandas writes whole numbers as 41.0 if the column has empty cells.
    return int(number) if whole and number.is_integer() else number


def _fits(value: float, spec: TensorSpec) -> bool:
    lowest, highest, beyond = _range_of(spec.dtype)
    return lowest <= value <= highest or -beyond < value < beyond


@cache  # a table asks for each of its values
def _range_of(dtype: DType) -> tuple[float, float, float]:
    """The lowest and the highest number, and the least that is rounded to infinity; 0: none is."""
    if not dtype.startswith("float"):
        bounds = np.iinfo(dtype)
        return int(bounds.min), int(bounds.max), 0
    largest = np.finfo(dtype).max
    # A number that is closer to the largest float than to the next power of two is rounded to it.
    step = float(largest) - float(np.nextafter(largest, largest.dtype.type(0)))
    beyond = float(largest) + step / 2
    return -float(largest), float(largest), beyond if math.isfinite(beyond) else 0


def _kind(value: Json) -> str:
    kinds = ((str, "a text"), (bool, "a truth value"), (int | float, "a number"), (list, "a list"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null or an object")


def shown(name: str) -> str:
    """A name that the model's metadata has, as one short line without control characters."""
    return repr(name[:_LONGEST_SHOWN] + "…" * (len(name) > _LONGEST_SHOWN))


def known(names: Iterable[str], found: str | None = None) -> str:
    """The names that are known, at most twenty, and the one that is nearest to ``found``."""
    names = list(names)
    listed = ", ".join(shown(name) for name in names[:_MOST_SHOWN])
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return f"{listed}{more}{_nearest(names, found) if found else ''}"


def _nearest(names: list[str], found: str) -> str:
    if len(names) > _MOST_COMPARED:
        return ""
    by_form = {name[:_LONGEST_SHOWN].casefold(): name for name in names}
    nearest = difflib.get_close_matches(found[:_LONGEST_SHOWN].strip().casefold(), by_form, 1)
    return f"; did you mean {shown(by_form[nearest[0]])}?" if nearest else ""


def is_scalar_row(spec: TensorSpec) -> bool:
    """Whether a row of the tensor is one value: shape (-1,) or (-1, 1)."""
    return spec.shape in ((-1,), (-1, 1))


def require_distinct(names: Iterable[str], what: str) -> None:
    """Raise ``ValueError`` if a name stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {shown(name)} stands twice")
        seen.add(name)


def schema_of(spec: TensorSpec) -> Schema:
    """JSON Schema of one value of the tensor."""
    if spec.dtype == "string":
        return {"type": "string"}
    if spec.dtype == "bool":
        return {"anyOf": [{"type": "boolean"}, {"enum": [0, 1]}]}
    return {"anyOf": [number_schema(spec), {"type": "boolean"}]}


def number_schema(spec: TensorSpec) -> Schema:
    """JSON Schema of a number that the tensor's dtype can hold."""
    lowest, highest, beyond = _range_of(spec.dtype)
    if spec.numpy_dtype.kind in "iu":
        return {"type": "integer", "minimum": lowest, "maximum": highest}
    if not beyond:
        return {"type": "number", "minimum": lowest, "maximum": highest}
    return {"type": "number", "exclusiveMinimum": -beyond, "exclusiveMaximum": beyond}
