"""The text of --input and --output, read into what pydantic checks."""

import re
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from scripts.adding.declaring.options import build, kinds_of, read
from scripts.adding.given import SourceError


class Kind(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Image(Kind):
    kind: Literal["image"] = "image"
    height: int | None = Field(gt=0)
    scale: Literal["0..1", "caffe"] = "0..1"


class Text(Kind):
    kind: Literal["text"] = "text"


class Item(Kind):
    name: str
    categories: list[str] = []
    missing: float | int | str | None = None


class Table(Kind):
    kind: Literal["table"] = "table"
    columns: list[Item]


class Column(Kind):
    kind: Literal["column"] = "column"
    categories: list[str] = []
    missing: float | int | str | None = None


class Classes(Kind):
    kind: Literal["classes"] = "classes"
    activation: Literal["none", "softmax"] = "none"
    threshold: float | None = None


AnyInput = Annotated[Image | Text | Table | Column | Classes, Field(discriminator="kind")]
KINDS = kinds_of(AnyInput)


@pytest.mark.parametrize(
    ("text", "tensor", "fields"),
    [
        ("NAME=image(scale=caffe, height=224)", "NAME", {"scale": "caffe", "height": "224"}),
        (
            "photo = image( scale = 0..1 , height = none )",
            "photo",
            {"scale": "0..1", "height": None},
        ),
        ("x:0=text", "x:0", {}),
        ("x=text()", "x", {}),
        ("age=column(missing=nan)", "age", {"missing": "nan"}),
        ("age=column(missing=-1)", "age", {"missing": -1}),
        ("age=column(missing=0.5)", "age", {"missing": 0.5}),
        ("age=column(missing=1e3)", "age", {"missing": 1000.0}),
        ('age=column(missing="-1")', "age", {"missing": "-1"}),
        ("age=column(missing=none)", "age", {"missing": None}),
        ('age=column(missing="none")', "age", {"missing": "none"}),
        ("sex=column(categories=f|m)", "sex", {"categories": ["f", "m"]}),
        ("sex=column(categories=1|2)", "sex", {"categories": ["1", "2"]}),
        ("sex=column(categories=only)", "sex", {"categories": ["only"]}),
        (
            r'c=column(categories="a, b"|"say \"x\""|"back\\slash"|not said)',
            "c",
            {"categories": ["a, b", 'say "x"', "back\\slash", "not said"]},
        ),
        (
            "p=classes(activation=none, threshold=0.5)",
            "p",
            {"activation": "none", "threshold": "0.5"},
        ),
        ("x=table(columns=a|b|c)", "x", {"columns": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}),
        (
            "x=table(columns=age(missing=nan)|sex(categories=f|m, missing=f)|fare)",
            "x",
            {
                "columns": [
                    {"name": "age", "missing": "nan"},
                    {"name": "sex", "categories": ["f", "m"], "missing": "f"},
                    {"name": "fare"},
                ]
            },
        ),
    ],
)
def test_what_a_person_writes(text: str, tensor: str, fields: dict[str, Any]) -> None:
    declared = read("--input", text, KINDS)
    kind = declared.fields["kind"] if declared.fields else None
    assert declared == (tensor, {"kind": kind} | fields)
    assert f"={kind}" in text.replace(" ", "")


def test_raw_takes_a_proposal_back() -> None:
    declared = read("--input", "NAME=raw", KINDS)
    assert declared.tensor == "NAME"
    assert declared.fields is None
    assert build("--input", declared, KINDS, Image(height=5)) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("image", "expected NAME=KIND"),
        ("=image", "expected NAME=KIND"),
        ("x=", "found the end, expected a word"),
        ("x=image(", "found the end, expected a field's name"),
        ("x=image(scale", "found the end, expected '='"),
        ("x=image(scale=", "found the end, expected a word"),
        ("x=image(scale=caffe", "found the end, expected ')'"),
        ("x=image(scale=caffe,)", "found ')', expected a field's name"),
        ("x=image(scale=caffe))", "found ')', expected the end"),
        ("x=image(scale caffe)", "found ')', expected '='"),
        ('x=column(missing="a)', "a double quote is not closed"),
        ("x=image|text", "expected one kind"),
        (
            "x=picture",
            "found the kind 'picture', expected image, text, table, column, classes or raw",
        ),
        ("x=raw(height=1)", "found the kind 'raw', expected image"),
        ("x=image(size=224)", "image has no field 'size', expected height or scale"),
        ("x=image(kind=text)", "image has no field 'kind'"),
        ("x=text(length=5)", "text has no field 'length', expected no field"),
        ("x=image(scale=caffe, scale=caffe)", "scale is given twice in image"),
        ("x=image(scale=a|b)", "scale takes one value, not a list"),
        ("x=image(scale=a(b=c))", "scale takes one value, not a list or fields"),
        ("x=column(categories=a(missing=0))", "'a' takes no fields"),
        (
            "x=table(columns=a(kind=0))",
            "a has no field 'kind', expected name, categories or missing",
        ),
        ("x=" + "column(missing=" * 9, "nested more than 5 deep"),
    ],
)
def test_a_mistake_is_told_with_what_is_known(text: str, problem: str) -> None:
    with pytest.raises(SourceError, match=f"^--input '{re.escape(text)}': .*{re.escape(problem)}"):
        read("--input", text, KINDS)


def test_what_the_option_leaves_out_is_the_proposals() -> None:
    declared = read("--input", "x=image(scale=caffe)", KINDS)
    assert build("--input", declared, KINDS, Image(height=224)) == Image(height=224, scale="caffe")


def test_a_proposal_of_another_kind_gives_nothing() -> None:
    declared = read("--input", "x=column(missing=nan)", KINDS)
    assert build("--input", declared, KINDS, Image(height=224)) == Column(missing="nan")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x=image(scale=imagenet, height=1)", "scale: Input should be '0..1' or 'caffe'"),
        ("x=image(height=0)", "height: Input should be greater than 0"),
        ("x=image(height=tall)", "height: Input should be a valid integer"),
        ("x=image(scale=caffe)", "height: Field required"),
    ],
)
def test_a_value_that_pydantic_refuses_names_the_field(text: str, problem: str) -> None:
    declared = read("--input", text, KINDS)
    with pytest.raises(SourceError, match=f"^--input of 'x': {re.escape(problem)}"):
        build("--input", declared, KINDS)
