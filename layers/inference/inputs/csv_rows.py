"""A CSV file to rows by input, as ``inference.inputs.tables`` and the others take them.

The header names the columns. Every cell stays text until its column's declaration reads it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from pydantic import BaseModel

from inference.errors import MOST_PLACES, InvalidInputError
from inference.inputs.cells import Cell, Json, is_scalar_row, known, shown
from inference.inputs.csv_text import (
    MOST_UNKNOWN,
    Records,
    delimiter_of,
    place_of,
    text_of,
    wrong_line,
)
from inference.inputs.tables import ColumnInput, TableInput
from inference.limits import Limits
from inference.signatures import Signature


@dataclass(frozen=True)
class CsvRows:
    """The rows of a file, and the line on which each begins; the header's is 1."""

    rows: list[dict[str, Json]]  # a value for each input: a cell, or a table's cells by column
    lines: list[int]


@dataclass(frozen=True)
class CsvColumn:
    """A column that a header may have."""

    input: str  # whose values it has
    name: str
    in_table: bool = False
    optional: bool = False


def with_columns(declared: Mapping[str, BaseModel], signature: Signature) -> dict[str, BaseModel]:
    """The declarations, and a column for each input of one value that has none."""
    columns = {
        name: ColumnInput() for name, spec in signature.inputs.items() if is_scalar_row(spec)
    }
    return {**columns, **declared}


def columns_of(declared: Mapping[str, BaseModel], signature: Signature) -> list[CsvColumn]:
    """The columns of a model's CSV file. Raises :class:`InvalidInputError` if it takes none."""
    declared = with_columns(declared, signature)
    columns: list[CsvColumn] = []
    for name, spec in signature.inputs.items():
        declaration = declared.get(name)
        if declaration is None:
            shape = list(spec.shape)
            raise InvalidInputError(
                f"the model takes no CSV: a row of '{name}' has several values ({shape}), and "
                "their columns have no names; add the model again with --input "
                f"'{name}=table(columns=a|b|c)', or send JSON"
            )
        if isinstance(declaration, TableInput):
            columns += [
                CsvColumn(name, column.name, in_table=True, optional=column.missing is not None)
                for column in declaration.columns
            ]
        else:
            missing = getattr(declaration, "missing", None)
            columns.append(CsvColumn(name, name, optional=missing is not None))
    return columns


def read_csv(
    content: bytes,
    declared: Mapping[str, BaseModel],
    signature: Signature,
    limits: Limits | None = None,
    charset: str | None = None,
) -> CsvRows:
    """The rows of a CSV file for this model; what its cells mean is read later.

    Decode the rows with the declarations of :func:`with_columns`.

    Raises :class:`InvalidInputError` that names the line, and :class:`TooLargeError` for more
    rows than the limits allow, before it keeps them.
    """
    columns = columns_of(declared, signature)
    names = list(dict.fromkeys(column.name for column in columns))
    text = text_of(content, charset)
    delimiter = delimiter_of(text, names)
    table = Records(text, delimiter, len(names) + MOST_UNKNOWN)
    records = iter(table)
    header = _header(*next(records, (1, [])), names)
    _require_columns(header, columns)
    table.allow(len(header))
    kept: list[dict[str, Json]] = []
    lines: list[int] = []
    count = 0
    for count, (line, record) in enumerate(records, 1):
        if limits and count > limits.rows:
            continue  # only counted, for the error
        if len(record) != len(header):
            raise wrong_line(line, f"has {len(record)} cells, the header has {len(header)}")
        kept.append(_by_input(dict(zip(header, map(Cell, record), strict=True)), columns))
        lines.append(line)
    if limits:
        limits.require_rows(count)
    if not count:
        raise wrong_line(1, "is the only one; the rows stand below the header")
    return CsvRows(kept, lines)


def _header(line: int, record: Sequence[str], names: Sequence[str]) -> list[str]:
    """The columns' names. Raises :class:`InvalidInputError` if they are not the model's."""
    header = [name.strip() for name in record]
    if not header:
        raise wrong_line(1, f"must name the columns: {known(names)}")
    expected, times = set(names), Counter(header)
    unknown = ((number, name) for number, name in enumerate(header, 1) if name not in expected)
    places = [
        place_of(line, f"column {number} {_unknown(name, names)}", "unknown_name")
        for number, name in islice(unknown, MOST_PLACES)
    ]
    places += [
        place_of(line, f"the column {shown(name)} stands twice", "duplicate_name")
        for name in names
        if times[name] > 1
    ]
    if places:
        message = f"the CSV file's header is wrong: {places[0].message}"
        raise InvalidInputError(message, places[:MOST_PLACES])
    return header


def _unknown(name: str, names: Sequence[str]) -> str:
    if not name:
        return "has no name; pandas writes such a column unless it is told index=False"
    return f"is not known; the columns are {known(names, name)}"


def _require_columns(header: Sequence[str], columns: Sequence[CsvColumn]) -> None:
    there = set(header)
    absent = [column.name for column in columns if not column.optional and column.name not in there]
    if absent:
        places = [place_of(1, f"lacks the column {shown(name)}", "missing") for name in absent]
        message = f"the CSV file's header lacks {known(absent)}"
        raise InvalidInputError(message, places[:MOST_PLACES])


def _by_input(cells: Mapping[str, Cell], columns: Sequence[CsvColumn]) -> dict[str, Json]:
    """A value for each input. A column that is not there is left out of a table, and is null."""
    row: dict[str, Json] = {}
    for column in columns:
        if not column.in_table:
            row[column.input] = cells.get(column.name)
            continue
        table = row.setdefault(column.input, {})
        if column.name in cells:
            table[column.name] = cells[column.name]
    return row
