"""Texts: one string for each row of a string tensor."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.inputs.cells import Cell
from inference.inputs.texts import TextInput
from inference.signatures import DType, TensorSpec
from tests.unit.inference.inputs.places import error_of, field

TEXT = TextInput()


@given(st.text(), st.sampled_from([(-1,), (-1, 1)]))
def test_a_text_becomes_the_bytes_of_a_row(text: str, shape: tuple[int, ...]) -> None:
    row = TEXT.decode(text, TensorSpec(dtype="string", shape=shape), "text", field)
    assert row.dtype == object
    assert row.shape == shape[1:]
    assert row.ravel().tolist() == [text.encode()]  # also a text that ends in NUL


def test_an_uploaded_text_is_utf_8_with_or_without_a_mark() -> None:
    spec = TensorSpec(dtype="string", shape=(-1,))
    assert TEXT.decode("\ufeffé".encode(), spec, "text", field).tolist() == "é".encode()
    error = error_of(lambda: TEXT.decode(b"caf\xe9", spec, "text", field))
    assert error.message == "'text' takes text in UTF-8; byte 3 is not part of such a text"
    assert error.places[0].field == "body.instances.3"


@pytest.mark.parametrize("value", [None, 41, ["a text"], {"b64": "YQ=="}])
def test_what_is_no_text_is_the_tensors_own_form(value: Any) -> None:
    spec = TensorSpec(dtype="string", shape=(-1, 1))
    assert not TEXT.is_declared_form(value)
    assert error_of(lambda: TEXT.decode(value, spec, "text", field)).places[0].type == "wrong_type"


def test_a_text_a_cell_and_a_file_are_declared_forms() -> None:
    assert [TEXT.is_declared_form(value) for value in ("a", Cell("a"), b"a")] == [True] * 3
    assert TEXT.json_schema(TensorSpec(dtype="string", shape=(-1,))) == {"type": "string"}


@pytest.mark.parametrize(("dtype", "shape"), [("float32", (-1,)), ("string", (-1, 4))])
def test_only_a_tensor_of_one_string_a_row_can_be_text(dtype: DType, shape: Any) -> None:
    TEXT.check(TensorSpec(dtype="string", shape=(-1, 1)), "text")
    with pytest.raises(ValueError, match="input 'text' cannot be text"):
        TEXT.check(TensorSpec(dtype=dtype, shape=shape), "text")


def test_rows_of_texts_are_stacked() -> None:
    spec = TensorSpec(dtype="string", shape=(-1,))
    rows = [TEXT.decode(text, spec, "text", field) for text in ("", "longer than the first")]
    assert np.stack(rows).tolist() == [b"", b"longer than the first"]
