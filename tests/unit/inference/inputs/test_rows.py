"""People's rows become tensors: by name or alone, declared or raw, one by one or in columns."""

from typing import Any

import numpy as np
import pytest

from inference.errors import InvalidInputError, TooLargeError
from inference.inputs.cells import Cell
from inference.inputs.rows import from_value_columns, from_values
from inference.metadata import Metadata
from inference.signatures import Signature, TensorSpec

PEOPLE = {
    "age": TensorSpec(dtype="float32", shape=(-1, 1)),
    "job": TensorSpec(dtype="int64", shape=(-1, 1)),
    "note": TensorSpec(dtype="string", shape=(-1, 1)),
    "body": TensorSpec(dtype="float32", shape=(-1, 2)),
}
DECLARED: dict[str, Any] = {
    "age": {"kind": "column", "missing": "nan"},
    "job": {"kind": "column", "categories": ["nurse", "cook"]},
    "note": {"kind": "text"},
    "body": {"kind": "table", "columns": [{"name": "height"}, {"name": "weight", "missing": 70}]},
}
ROW = {"age": 41, "job": "cook", "note": "likes tea", "height": 1.8, "weight": 80}


def model(specs: dict[str, TensorSpec], declared: dict[str, Any], **fields: Any) -> Metadata:
    output = TensorSpec(dtype="float32", shape=(-1, 1))
    return Metadata.model_validate(
        {
            "name": "people",
            "version": 1,
            "engine": "litert",
            "file": "model.tflite",
            "signatures": {"serving_default": Signature(inputs=specs, outputs={"y": output})},
            "default_signature": "serving_default",
            "inputs": declared,
            **fields,
        }
    )


def test_every_input_gets_its_part_of_a_row() -> None:
    inputs = from_values([ROW], model(PEOPLE, DECLARED))
    assert {name: array.tolist() for name, array in inputs.items()} == {
        "age": [[41.0]],
        "job": [[1]],
        "note": [[b"likes tea"]],
        "body": [[pytest.approx(1.8), 80.0]],
    }
    assert {name: array.dtype for name, array in inputs.items()} == {
        name: spec.numpy_dtype for name, spec in PEOPLE.items()
    }


def test_what_may_be_missing_may_be_left_out() -> None:
    row = {name: value for name, value in ROW.items() if name not in ("age", "weight")}
    inputs = from_values([row, ROW | {"age": None}], model(PEOPLE, DECLARED))
    assert np.isnan(inputs["age"]).all()
    assert inputs["body"][0].tolist() == [pytest.approx(1.8), 70.0]


def test_raw_values_and_declared_ones_may_stand_in_one_request() -> None:
    raw = {"age": [41], "job": [1], "note": ["likes tea"], "body": [1.8, 80]}
    inputs = from_values([raw, ROW], model(PEOPLE, DECLARED))
    for array in inputs.values():
        assert array[0].tolist() == array[1].tolist()


def test_cells_of_an_undeclared_column_are_read_by_the_tensor() -> None:
    specs = {name: PEOPLE[name] for name in ("age", "note")}
    row = {"age": Cell(" 41 "), "note": Cell("tea")}
    inputs = from_values([row], model(specs, {"note": {"kind": "text"}}))
    assert inputs["age"].tolist() == [[41.0]]


@pytest.mark.parametrize(
    ("row", "field", "message"),
    [
        (ROW | {"job": "pilot"}, "rows.1.job", "'nurse', 'cook'"),
        (ROW | {"hight": 2}, "rows.1", "did you mean 'height'?"),
        ({k: v for k, v in ROW.items() if k != "job"}, "rows.1", "'age', 'job', 'note'"),
        ({k: v for k, v in ROW.items() if k != "height"}, "rows.1.height", "'height' is missing"),
        (ROW | {"age": "old"}, "rows.1.age", "'age' takes a number"),
        ([41], "rows.1", "is an object with"),
        ("tea", "rows.1", "is an object with"),
        (ROW | {"age": [[41]]}, "rows.1.age", "ize"),
    ],
)
def test_a_wrong_row_is_named(row: Any, field: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message.replace("?", r"\?")) as caught:
        from_values([ROW, row], model(PEOPLE, DECLARED))
    assert [place.field for place in caught.value.places][:1] == [field]


def test_an_only_input_may_stand_alone() -> None:
    described = model({"note": PEOPLE["note"]}, {"note": {"kind": "text"}})
    inputs = from_values(["tea", ["coffee"], {"note": "water"}], described)
    assert inputs["note"].tolist() == [[b"tea"], [b"coffee"], [b"water"]]
    with pytest.raises(InvalidInputError, match="object"):
        from_values(["tea"], described, only_named=True)


def test_columns_hold_declared_values_too() -> None:
    described = model({"note": PEOPLE["note"]}, {"note": {"kind": "text"}})
    for columns in (["tea", "coffee"], {"note": ["tea", "coffee"]}, [["tea"], ["coffee"]]):
        inputs = from_value_columns(columns, described)
        assert inputs["note"].tolist() == [[b"tea"], [b"coffee"]]
    two = model({name: PEOPLE[name] for name in ("age", "note")}, {"note": {"kind": "text"}})
    inputs = from_value_columns({"note": ["tea"], "age": [[41]]}, two)
    assert inputs["age"].tolist() == [[41.0]]
    with pytest.raises(InvalidInputError, match="age"):
        from_value_columns({"note": ["tea"]}, two)


def test_pictures_are_counted_before_they_are_read() -> None:
    image = TensorSpec(dtype="float32", shape=(-1, 100, 100, 3))
    declared = {"image": {"kind": "image", "height": 100, "width": 100}}
    described = model({"image": image}, declared, max_values=100_000)
    for read in (from_values, from_value_columns):
        with pytest.raises(TooLargeError, match="120000 values"):
            read([{"b64": "no picture"}] * 4, described)


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ({"person": {"kind": "text"}}, "declares 'person'"),
        ({"age": {"kind": "text"}}, "'age' cannot be text"),
        ({"age": {"kind": "image"}}, "'age'"),
        ({"age": {"kind": "painting"}}, "painting"),
        ({"age": {"kind": "column", "color": "red"}}, "color"),
    ],
)
def test_a_declaration_that_does_not_fit_breaks_the_model(
    declared: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        model(PEOPLE, declared)
