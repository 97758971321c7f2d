import base64
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inference.errors import InvalidInputError
from inference.signatures import TensorSpec
from inference.tensors import from_json, to_json

NUMBERS = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, max_side=4)


def spec(dtype: str) -> TensorSpec:
    return TensorSpec.model_validate({"dtype": dtype, "shape": (-1,)})


@given(st.sampled_from(NUMBERS + FLOATS), SHAPES, st.data())
def test_an_array_comes_back_from_json_as_it_was(
    dtype: str, shape: tuple[int, ...], data: st.DataObject
) -> None:
    array = data.draw(arrays.arrays(dtype, shape))
    text = json.dumps(to_json(array))  # NaN and infinity as bare words
    again = from_json(json.loads(text), spec(dtype), "x")
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)


@given(st.lists(st.binary(), min_size=1))
def test_bytes_come_back_from_base64_as_they_were(texts: list[bytes]) -> None:
    array = np.empty(len(texts), object)
    array[:] = texts
    written = to_json(array, as_b64=True)
    assert [base64.b64decode(value["b64"]) for value in written] == texts
    assert from_json(written, spec("string"), "x").tolist() == texts


@given(st.lists(st.text(), min_size=1))
def test_text_is_utf_8(texts: list[str]) -> None:
    array = from_json(texts, spec("string"), "x")
    assert array.tolist() == [text.encode("utf-8", "surrogatepass") for text in texts]


@given(st.floats(2**-10, 2**20, width=32))
def test_single_floats_are_written_with_nine_digits_at_most(number: float) -> None:
    (written,) = to_json(np.array([number], np.float32))
    assert np.float32(written) == np.float32(number)
    assert written == float(f"{written:.9g}")


@pytest.mark.parametrize(
    ("dtype", "value", "message"),
    [
        ("float32", [True], "takes numbers, not bool"),
        ("float32", [None], "takes numbers, not null"),
        ("float32", ["1"], "takes numbers, not str"),
        ("float32", [{"b64": "AA=="}], "takes numbers, not dict"),
        ("int32", [1.0], "takes integers, not float"),
        ("int8", [128], "out of int8's range"),
        ("uint8", [-1], "out of uint8's range"),
        ("bool", [1], "takes true or false, not int"),
        ("string", [1], "takes strings"),
        ("string", [{"b64": "?"}], "not base64"),
        ("string", [{"b64": "AA==", "more": 1}], "takes strings"),
        ("float32", [[1], [1, 2]], "ragged"),
        ("float32", [1, [2]], "ragged"),
        ("float32", [[1], 2], "ragged"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(dtype: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as refused:
        from_json(value, spec(dtype), "x")
    assert "'x'" in str(refused.value)


def test_a_number_too_large_for_a_float_is_infinity() -> None:
    assert math.isinf(from_json([1e300], spec("float32"), "x")[0])
