"""CSV files: what spreadsheets and programs write, and what nobody should have to wait for."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from inference.errors import InvalidInputError, TooLargeError
from inference.inputs.cells import Cell
from inference.inputs.csv_rows import CsvRows, columns_of, read_csv, with_columns
from inference.inputs.tables import Column, ColumnInput, TableInput
from inference.inputs.texts import TextInput
from inference.limits import Limits
from inference.signatures import Signature, TensorSpec
from tests.unit.inference.inputs.places import error_of

TABLE = TableInput(columns=[Column(name="age"), Column(name="job"), Column(name="w", missing=0)])
SIGNATURE = Signature(
    inputs={
        "x": TensorSpec(dtype="float32", shape=(-1, 3)),
        "text": TensorSpec(dtype="string", shape=(-1, 1)),
    },
    outputs={},
)
DECLARED: dict[str, BaseModel] = {"x": TABLE, "text": TextInput()}
ROW = {"x": {"age": "41", "job": "2"}, "text": "hi"}
LIMITS = Limits(rows=100, length=100, values=1_000)
TEXT = Signature(inputs={"text": TensorSpec(dtype="string", shape=(-1,))}, outputs={})


def read(
    content: str | bytes, limits: Limits | None = LIMITS, charset: str | None = None
) -> CsvRows:
    content = content.encode() if isinstance(content, str) else content
    return read_csv(content, DECLARED, SIGNATURE, limits, charset)


def refused(content: str | bytes, charset: str | None = None) -> InvalidInputError:
    return error_of(lambda: read(content, charset=charset))


@pytest.mark.parametrize(
    "content",
    [
        "age,job,text\n41,2,hi\n",
        "age;job;text\n41;2;hi\n",  # Excel, where a comma is the decimal sign
        "age\tjob\ttext\n41\t2\thi",
        "\ufeffage,job,text\r\n41,2,hi\r\n\r\n\r\n",  # Excel's "CSV UTF-8"
        "\n\n age , text, job\n\n\n41,hi,2\n   \n",  # in any order, with empty lines
        '"age","job","text"\n"41","2","hi"\n',
    ],
)
def test_the_forms_that_programs_write_are_read_alike(content: str) -> None:
    (row,) = read(content).rows
    assert row == ROW
    assert isinstance(row["text"], Cell)


def test_quoted_cells_hold_line_breaks_and_every_sign() -> None:
    content = 'text,age,job\r\n"a ""b"",\r\n;é\r\n",41,2\r\nlast,1,2\r\n'
    rows = read(content)
    assert [row["text"] for row in rows.rows] == ['a "b",\r\n;é\r\n', "last"]
    assert rows.lines == [2, 5]


def test_a_comma_in_a_name_does_not_hide_the_semicolons() -> None:
    table = TableInput(columns=[Column(name="price, EUR"), Column(name="size, m")])
    signature = Signature(inputs={"x": TensorSpec(dtype="float32", shape=(-1, 2))}, outputs={})
    rows = read_csv(b"price, EUR;size, m\n1;2\n", {"x": table}, signature)
    assert rows.rows == [{"x": {"price, EUR": "1", "size, m": "2"}}]


def test_a_column_that_may_be_missing_may_be_absent() -> None:
    assert read("age,job,text,w\n41,2,hi,7").rows[0]["x"]["w"] == "7"
    declared = {**DECLARED, "text": ColumnInput(missing="")}
    assert read_csv(b"age,job\n41,2\n", declared, SIGNATURE).rows[0]["text"] is None


@pytest.mark.parametrize(
    ("content", "message", "place"),
    [
        ("", "line 1 must name the columns: 'age', 'job', 'w', 'text'", "line 1"),
        ("\n\n", "line 1 must name the columns", "line 1"),
        ("age,job,text\n", "line 1 is the only one", "line 1"),
        ("age,text\n41,hi", "header lacks 'job'", "line 1"),
        ("age,jbo,text\n41,2,hi", "column 2 is not known; the columns are 'age', 'job'", "line 1"),
        ("age,jbo,text\n41,2,hi", "did you mean 'job'?", "line 1"),
        (",age,job,text\n0,41,2,hi", "column 1 has no name; pandas", "line 1"),
        ("age,job,text,age\n1,2,hi,4", "the column 'age' stands twice", "line 1"),
        ("age,job,text\n1,2,hi\n\n1,2\n", "line 4 has 2 cells, the header has 3", "line 4"),
        ("age,job,text\n1,2,hi,4\n", "line 2 has more than 3 cells", "line 2"),
        ('age,job,text\n1,2,"hi\n1,2,3\n', "line 2 begins a quoted cell that has no end", "line 2"),
        ('age,job,text\n1,2,"h"i\n', "line 2 has text after the end of a quoted cell", "line 2"),
        (b"age,job,text\n1,2,\0\n", "line 2 has a NUL byte", "line 2"),
        (b"age,job,text\n1,2,caf\xe9\n", "line 2 is not utf-8; save the file", "line 2"),
        ("age,job,text\n1,2," + "x" * 200_000, "line 2 has a cell of more than 131072", "line 2"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(content: Any, message: str, place: str) -> None:
    error = refused(content)
    assert message in error.message
    assert error.places[0].field == place


def test_a_wrong_header_is_not_repeated() -> None:
    error = refused("secret,job,text\n41,2,hi")
    assert "secret" not in str(error)
    assert "secret" not in str(error.places)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_unicode_text_of_excel_is_refused_with_the_next_step(encoding: str) -> None:
    content = ("\ufeff" * (encoding == "utf-16-be") + "age,job\n").encode(encoding)
    assert "UTF-16, as Excel's 'Unicode Text'; save it as 'CSV UTF-8'" in refused(content).message


@pytest.mark.parametrize("charset", ["ISO-8859-1", '"windows-1252"', "latin1"])
def test_the_charset_is_that_of_the_content_type(charset: str) -> None:
    content = "age,job,text\n1,2,café".encode("latin-1")
    assert read(content, charset=charset).rows[0]["text"] == "café"


@pytest.mark.parametrize("charset", ["utf-16", "unicode_escape", "zlib", "idna", "no such"])
def test_other_charsets_are_refused(charset: str) -> None:
    assert "the charset must be one of utf-8" in refused("age,job", charset=charset).message


@pytest.mark.parametrize(
    "content",
    [
        b"," * 5_000_000,
        b"age,job,text\n" + b"," * 5_000_000,
        b'age,job,text\n"x\n",' + b"," * 5_000_000,  # a quoted cell ends on the long line
        b'age,job,text\na"' + b"," * 5_000_000,  # a quote within a cell begins no quoted one
        b"age,job,text\n" + b'"",' * 1_600_000,
        b"age,job,text\n" + b'"' * 5_000_000,
        b"\n" * 5_000_000,
        b'"' + b"," * 5_000_000,
    ],
)
def test_five_megabytes_of_signs_are_refused_before_they_are_cells(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = 0

    def reader(lines: Any, **options: Any) -> Any:
        nonlocal longest
        for record in original(lines, **options):
            longest = max(longest, len(record))
            yield record

    original = csv.reader
    monkeypatch.setattr("inference.inputs.csv_text.csv.reader", reader)
    refused(content)
    assert longest < 2_000


def test_rows_beyond_the_limit_are_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []

    def keep(text: str) -> Cell:
        kept.append(text)
        return Cell(text)

    monkeypatch.setattr("inference.inputs.csv_rows.Cell", keep)
    with pytest.raises(TooLargeError, match="200000 rows; 100 may be sent at once"):
        read("age,job,text\n" + "1,2,3\n" * 200_000)
    assert len(kept) == 100 * 3
    assert len(read("age,job,text\n" + "1,2,3\n" * 200, limits=None).rows) == 200


def test_an_input_of_one_value_needs_no_declaration() -> None:
    signature = Signature(
        inputs={
            "age": TensorSpec(dtype="int32", shape=(-1, 1)),
            "name": TensorSpec(dtype="string", shape=(-1,)),
        },
        outputs={},
    )
    assert read_csv(b"name,age\nAnn,41", {}, signature).rows == [{"age": "41", "name": "Ann"}]
    assert with_columns({}, signature) == {"age": ColumnInput(), "name": ColumnInput()}


def test_an_input_of_several_unnamed_values_says_how_to_name_them() -> None:
    signature = Signature(inputs={"x": TensorSpec(dtype="float32", shape=(-1, 3))}, outputs={})
    error = error_of(lambda: columns_of({}, signature))
    assert "--input 'x=table(columns=a|b|c)'" in error.message


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_csv_writes_is_read_again(texts: list[str], delimiter: str, end: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows(
        [["age", "text", "job"], *([str(n), text, "2"] for n, text in enumerate(texts))]
    )
    rows = read(file.getvalue(), limits=None).rows
    assert [row["text"] for row in rows] == texts
    assert [row["x"]["age"] for row in rows] == [str(number) for number in range(len(texts))]


@given(st.binary(max_size=200) | st.text('a",;\n\r\t x', max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_the_two_errors(content: bytes) -> None:
    for start in (b"", b"text\n", b"age,job,text\n"):
        for signature, declared in ((SIGNATURE, DECLARED), (TEXT, {})):
            try:
                rows = read_csv(start + content, declared, signature, LIMITS)
            except (InvalidInputError, TooLargeError):
                continue
            assert all(row.keys() == signature.inputs.keys() for row in rows.rows)
            assert len(rows.lines) == len(rows.rows)
