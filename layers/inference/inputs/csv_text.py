"""The text of a CSV file to records, in time and memory that its size bounds.

``csv`` makes a list of each line before anybody can count its cells. So the cells of a line are
counted first: five megabytes of commas are refused and no list is made of them.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from inference.errors import InvalidInputError, Place

DELIMITERS = (",", ";", "\t")
_CHARSETS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# What is left of a quoted cell; two quotes are one of its characters. Possessive: no way back.
_QUOTED = re.compile(r'[^"]*+(?:""[^"]*+)*+"?')
MOST_UNKNOWN = 1_000  # columns of a header that are read to name the wrong ones


def text_of(content: bytes, charset: str | None = None) -> str:
    """The characters. Raises :class:`InvalidInputError` for an encoding that is not read."""
    expected = (charset or "utf-8").strip("\"' ").casefold()
    encoding = _CHARSETS.get(expected)
    if encoding is None:
        raise InvalidInputError(f"the charset must be one of {', '.join(_CHARSETS)}")
    if content.startswith(_UTF_16):
        raise InvalidInputError(
            "the CSV file is UTF-16, as Excel's 'Unicode Text'; save it as 'CSV UTF-8'"
        )
    if b"\0" in content:
        raise wrong_line(
            content.count(b"\n", 0, content.index(b"\0")) + 1,
            "has a NUL byte; save the file as CSV in UTF-8",
        )
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise wrong_line(
            content.count(b"\n", 0, error.start) + 1,
            f"is not {expected}; save the file as CSV in UTF-8, or name its charset, "
            "such as 'text/csv; charset=windows-1252'",
        ) from error


def delimiter_of(text: str, known: Sequence[str]) -> str:
    """That of the header which gives the most known columns, then the most columns."""

    def columns(delimiter: str) -> tuple[int, int]:
        try:
            _, header = next(iter(Records(text, delimiter, len(known) + MOST_UNKNOWN)), (0, []))
        except InvalidInputError:  # it is told when the file is read
            return -1, 0
        return len({name.strip() for name in header}.intersection(known)), len(header)

    return max(DELIMITERS, key=columns)


class Records:
    """The line on which each record begins, and its cells. Empty lines are left out.

    ``most`` is how many cells a record may have; it may change between two records. Raises
    :class:`InvalidInputError`.
    """

    def __init__(self, text: str, delimiter: str, most: int) -> None:
        self._lines = _Lines(text, delimiter, most)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)

    def allow(self, most: int) -> None:
        """Take records of at most ``most`` cells from now on."""
        self._lines.most = most

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:  # noqa: D105
        while True:
            first = self._lines.number + 1
            self._lines.in_record = False
            try:
                record = next(self._reader, None)
            except csv.Error as error:
                raise wrong_line(first, _reason(error)) from error
            if record is None:
                return
            # Spaces in a line are nothing, but they are a text where there is one column.
            if len(record) > 1 or (record and (self._lines.most == 1 or record[0].strip())):
                yield first, record


class _Lines:
    """The lines of a text, each of which is refused if it has too many cells."""

    def __init__(self, text: str, delimiter: str, most: int) -> None:
        begun = text.lstrip("\r\n")  # millions of empty lines would take seconds
        self.number = text.count("\n", 0, len(text) - len(begun))
        self.in_record = False  # whether a quoted cell goes on from the line before
        self._lines = io.StringIO(begun.rstrip("\r\n"), newline="")
        self._delimiter = delimiter
        self.most = most

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        if line.count(self._delimiter) >= self.most and self._has_more(line):
            raise wrong_line(self.number, f"has more than {self.most} cells")
        self.in_record = True
        return line

    def _has_more(self, line: str) -> bool:
        cells, place = 0, 0
        if self.in_record:
            place = _after_quote(line, 0)
        while place < len(line) and cells <= self.most:
            if line[place] == '"':
                place = _after_quote(line, place + 1)
            place = line.find(self._delimiter, place) + 1 or len(line)
            cells += 1
        return cells > self.most


def _after_quote(line: str, place: int) -> int:
    rest = _QUOTED.match(line, place)
    return rest.end() if rest else len(line)


def wrong_line(line: int, message: str) -> InvalidInputError:
    """An error that names a line of the file; the header is line 1."""
    return InvalidInputError(f"the CSV file's line {line} {message}", [place_of(line, message)])


def place_of(line: int, message: str, kind: str = "wrong_csv") -> Place:
    """A wrong line."""
    return Place(f"line {line}", message, kind)


def _reason(error: csv.Error) -> str:
    found = str(error)
    if "unexpected end" in found:
        return "begins a quoted cell that has no end"
    if "field larger" in found:
        return f"has a cell of more than {csv.field_size_limit()} characters"
    if "expected after" in found:
        return "has text after the end of a quoted cell; write a quote in a cell as two quotes"
    return f"cannot be read as CSV: {found}"
