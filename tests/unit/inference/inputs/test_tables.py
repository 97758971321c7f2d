"""Columns and tables: the values of one row, by their names."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from inference.inputs.cells import Cell
from inference.inputs.tables import Column, ColumnInput, TableInput
from inference.inputs.texts import TextInput
from inference.signatures import DType, TensorSpec
from inference.tensors import from_json
from tests.unit.inference.inputs.places import error_of, field

TABLE = TableInput(
    columns=[
        Column(name="age"),
        Column(name="job", categories=["nurse", "driver"]),
        Column(name="weight", missing="nan"),
    ]
)
SPEC = TensorSpec(dtype="float32", shape=(-1, 3))


def spec(dtype: DType, *shape: int) -> TensorSpec:
    return TensorSpec(dtype=dtype, shape=(-1, *shape))


def column_value(column: ColumnInput, value: Any, dtype: DType) -> Any:
    return column.decode(value, spec(dtype), "age", field)[()]


def test_an_object_by_column_becomes_a_row() -> None:
    row = TABLE.decode({"job": "driver", "weight": 70.5, "age": 41}, SPEC, "x", field)
    assert row.dtype == np.float32
    assert row.tolist() == [41, 1, 70.5]


@pytest.mark.parametrize("value", [{}, {"weight": None}, {"weight": ""}, {"weight": math.nan}])
def test_a_declared_value_stands_for_a_missing_one(value: dict[str, Any]) -> None:
    row = TABLE.decode({"age": 41, "job": "nurse", **value}, SPEC, "x", field)
    np.testing.assert_array_equal(row, np.array([41, 0, np.nan], np.float32))


def test_all_wrong_columns_of_a_row_are_named_at_once() -> None:
    value = {"aeg": "secret", "job": "secret", "weight": "secret"}
    error = error_of(lambda: TABLE.decode(value, SPEC, "x", field))
    assert [(place.field, place.type) for place in error.places] == [
        ("body.instances.3", "unknown_name"),
        ("body.instances.3.age", "missing"),
        ("body.instances.3.job", "unknown_category"),
        ("body.instances.3.weight", "wrong_type"),
    ]
    assert "secret" not in str(error.places)  # what a client sent is never repeated
    assert error.message == (
        "'x' has no such column; it has 'age', 'job', 'weight'; did you mean 'age'?"
    )


def test_an_unknown_category_names_at_most_twenty_known_ones() -> None:
    column = ColumnInput(categories=[f"job{number}" for number in range(30)])
    error = error_of(lambda: column_value(column, "jbo3", "int32"))
    assert error.message.startswith("'age' has no such category; it has 'job0', 'job1'")
    assert "'job19' and 10 more; did you mean 'job3'?" in error.message
    assert "'job20'" not in error.message


def test_thousands_of_unknown_columns_are_not_each_compared_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[str] = []

    def compare(word: str, *_: Any) -> list[str]:
        compared.append(word)
        return []

    monkeypatch.setattr("inference.inputs.cells.difflib.get_close_matches", compare)
    value = {f"column{number}": number for number in range(100_000)}
    assert len(error_of(lambda: TABLE.decode(value, SPEC, "x", field)).places) == 10
    assert 0 < len(compared) <= 12


def test_a_text_that_unicode_does_not_allow_is_kept_as_in_the_raw_form() -> None:
    raw = from_json("\ud800", TensorSpec(dtype="string", shape=()), "age")
    assert column_value(ColumnInput(), "\ud800", "string") == raw[()]
    text = TextInput().decode("\ud800", spec("string"), "age", field)
    assert text[()] == raw[()]


@pytest.mark.parametrize(
    ("cell", "dtype", "number"),
    [
        ("41", "float32", 41.0),
        (" -4.5e1 ", "float32", -45.0),
        (".5", "float64", 0.5),
        ("41.0", "int32", 41),  # pandas writes so where cells of the column are empty
        ("9007199254740993", "int64", 2**53 + 1),
        ("true", "float32", 1.0),
        ("FALSE", "int8", 0),
        ("1", "bool", True),
        ("False", "bool", False),
        ("41", "string", b"41"),
        ("", "string", b""),
    ],
)
def test_a_cell_is_read_as_its_column_declares(cell: str, dtype: DType, number: Any) -> None:
    assert column_value(ColumnInput(), Cell(cell), dtype) == number


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        (
            Cell("4,5"),
            "float32",
            "found a text; write numbers with a decimal point",
        ),
        (Cell("1.234,5"), "float32", "with a decimal point and no other separators"),
        (Cell("1_000"), "int32", "takes a number, found a text"),
        (Cell("٤"), "int32", "takes a number"),
        (Cell("inf"), "float32", "takes a number"),
        (Cell("41.5"), "int32", "takes a whole number, found a fraction"),
        (Cell("300"), "uint8", "is out of uint8's range"),
        (Cell("9" * 5_000), "int64", "is out of int64's range"),
        (Cell("70000"), "float16", "is out of float16's range"),
        (Cell("2"), "bool", "takes true or false"),
        (Cell(""), "float32", "is missing"),
        (Cell("NA"), "float32", "is missing"),
        ("41", "float32", "takes a number, found a text"),
        (41, "string", "takes a text, found a number"),
        (1.0, "int32", "takes a whole number, found a fraction"),
        (10**400, "float64", "is out of float64's range"),
        (math.inf, "float32", "is out of float32's range"),
        (math.nan, "float32", "is missing"),
        (None, "string", "is missing"),
        ([41], "float32", "takes a number, found a list"),
        (2, "bool", "takes true or false, found a number"),
    ],
)
def test_a_wrong_value_says_what_the_column_takes(value: Any, dtype: DType, message: str) -> None:
    error = error_of(lambda: column_value(ColumnInput(), value, dtype))
    assert message in error.message
    assert error.message.startswith("'age' ")
    assert [place.field for place in error.places] == ["body.instances.3"]


@pytest.mark.parametrize(
    ("missing", "dtype", "number"),
    [(-1, "int32", -1), (2.0, "int32", 2), (1.5, "float32", 1.5), ("[UNK]", "string", b"[UNK]")],
)
@pytest.mark.parametrize("value", [None, Cell("")])
def test_missing_stands_for_null_and_for_an_empty_cell(
    missing: Any, dtype: DType, number: Any, value: Any
) -> None:
    column = ColumnInput(missing=missing)
    column.check(spec(dtype), "age")
    assert column_value(column, value, dtype) == number


@pytest.mark.parametrize("cell", ["NA", "nan", " NULL ", ""])
def test_r_and_sql_write_missing_numbers_as_words(cell: str) -> None:
    assert np.isnan(column_value(ColumnInput(missing="nan"), Cell(cell), "float32"))
    assert column_value(ColumnInput(missing="?"), Cell("NA"), "string") == b"NA"  # a word in a text


@pytest.mark.parametrize(
    ("value", "place"),
    [("4", 0), (4, 0), (4.0, 0), (Cell("6 "), 1), (True, 2), (None, 3), (Cell(""), 3), ("x", 3)],
)
def test_categories_are_given_by_their_names(value: Any, place: int) -> None:
    column = ColumnInput(categories=["4", "6", "true", "x"], missing="x")
    column.check(spec("int32"), "cylinders")
    assert column_value(column, value, "int32") == place


@pytest.mark.parametrize("shape", [(), (1,)])
@pytest.mark.parametrize("dtype", ["float32", "string"])
def test_a_row_has_the_shape_that_is_left_of_the_tensor(shape: Any, dtype: DType) -> None:
    value = Cell("7")
    row = ColumnInput().decode(value, spec(dtype, *shape), "age", field)
    assert row.shape == shape
    assert np.stack([row, row]).shape == (2, *shape)
    assert row.dtype == (np.float32 if dtype == "float32" else object)


def test_the_tensors_own_form_is_told_from_the_declared_one() -> None:
    jobs = ColumnInput(categories=["nurse", "6"])
    assert [jobs.is_declared_form(value) for value in ("nurse", "unknown", None, 6)] == [True] * 4
    assert [jobs.is_declared_form(value) for value in (1, [1], {"b64": ""})] == [False] * 3
    assert ColumnInput().is_declared_form(41)
    assert TABLE.is_declared_form({"age": 41})
    assert not TABLE.is_declared_form([41, 1, 70.5])


@pytest.mark.parametrize(
    ("column", "tensor", "message"),
    [
        (ColumnInput(), spec("float32", 4), "input 'age' cannot be a column: it is float32[-1, 4]"),
        (ColumnInput(categories=["a"]), spec("string"), "cannot have categories"),
        (ColumnInput(categories=["a"]), spec("bool"), "cannot have categories"),
        (ColumnInput(categories=[str(n) for n in range(129)]), spec("int8"), "more categories"),
        (
            ColumnInput(missing="unknown"),
            spec("float32"),
            "'missing' of input 'age' takes a number",
        ),
        (ColumnInput(missing="nan"), spec("int32"), "'missing' of input 'age' takes"),
        (ColumnInput(missing=1.5), spec("int32"), "takes a whole number"),
        (ColumnInput(missing=300), spec("uint8"), "out of uint8's range"),
        (ColumnInput(missing=0), spec("string"), "takes a text"),
    ],
)
def test_a_declaration_that_does_not_fit_its_tensor_is_refused(
    column: ColumnInput, tensor: TensorSpec, message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        column.check(tensor, "age")


def test_a_table_has_as_many_columns_as_its_tensor() -> None:
    TABLE.check(SPEC, "x")
    TABLE.check(spec("float32", -1), "x")
    for other in (spec("float32", 4), spec("float32"), spec("float32", 3, 1)):
        with pytest.raises(ValueError, match="cannot be a table of 3 columns"):
            TABLE.check(other, "x")
    with pytest.raises(ValueError, match="column 'weight' of input 'x'"):
        TABLE.check(spec("int32", 3), "x")  # "nan" is no integer


def test_a_columns_first_field_is_its_name() -> None:
    assert next(iter(Column.model_fields)) == "name"  # as `columns=age|job` of an option needs it


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": []},
        {"columns": [{"name": "a"}, {"name": "a"}]},
        {"columns": [{"name": ""}]},
        {"columns": [{"name": "a", "categories": ["b", "b"]}]},
        {"columns": [{"name": "a", "unknown": 1}]},
    ],
)
def test_a_table_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TableInput.model_validate(wrong)


def test_a_declaration_comes_back_from_metadata() -> None:
    assert TableInput.model_validate_json(TABLE.model_dump_json()) == TABLE
    for missing in (0, 1.5, "nan", None):
        column = ColumnInput(missing=missing)
        again = ColumnInput.model_validate_json(column.model_dump_json())
        assert again.missing == missing
        assert type(again.missing) is type(missing)


def test_the_schema_says_which_columns_must_be_there() -> None:
    schema = TABLE.json_schema(SPEC)
    assert schema["required"] == ["age", "job"]
    assert schema["properties"]["job"] == {"enum": ["nurse", "driver"]}
    assert {"enum": [None, ""]} in schema["properties"]["weight"]["anyOf"]
    numbers = ColumnInput(categories=["4", "6", "06"]).json_schema(spec("int32"))
    assert numbers == {"enum": ["4", "6", "06", 4, 6]}


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_number_is_read_from_a_cell_as_from_json(number: float) -> None:
    written = column_value(ColumnInput(), Cell(repr(number)), "float32")
    assert written == column_value(ColumnInput(), number, "float32") == np.float32(number)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_loses_no_digit(number: int) -> None:
    assert column_value(ColumnInput(), Cell(str(number)), "int64") == number


@given(st.floats(), st.sampled_from(["float16", "float32", "float64"]))
@example(65519.9, "float16")
@example(65520.0, "float16")
@example(3.4028235677973366e38, "float32")
def test_exactly_what_would_become_infinite_is_refused(number: float, dtype: DType) -> None:
    with np.errstate(over="ignore"):
        is_finite = np.isfinite(np.dtype(dtype).type(number))
    if is_finite:
        assert column_value(ColumnInput(), number, dtype) == np.dtype(dtype).type(number)
    else:
        error_of(lambda: column_value(ColumnInput(), number, dtype))
