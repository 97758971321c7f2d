import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from inference.agreement import difference, require_agreement, tolerance
from inference.errors import DisagreementError

ANY_FLOATS = arrays.arrays(
    st.sampled_from(["float16", "float32", "float64"]), arrays.array_shapes(max_side=4)
)


@given(ANY_FLOATS)
def test_every_array_agrees_with_itself_nan_and_infinity_included(
    array: NDArray[np.float64],
) -> None:
    assert require_agreement({"y": array}, {"y": array.copy()}) == 0


@given(st.floats(-1e6, 1e6), st.floats(-1e-3, 1e-3))
def test_the_tolerance_is_relative_above_one_and_absolute_below(value: float, error: float) -> None:
    scale = max(1, abs(value))
    expected = np.array([value])
    actual = np.array([value + error * scale])
    measured = difference(actual, expected)
    assert measured == pytest.approx(abs(error), abs=1e-9)


@pytest.mark.parametrize(("factor", "agrees"), [(0.5, True), (2, False)])
def test_the_line_between_agreement_and_disagreement(factor: float, *, agrees: bool) -> None:
    for dtype in ("float16", "float32", "float64"):
        allowed = tolerance(np.dtype(dtype))
        expected = np.ones(3, dtype)
        actual = (expected + np.array(factor * allowed)).astype(dtype)
        if agrees:
            require_agreement({"y": actual}, {"y": expected})
        else:
            with pytest.raises(DisagreementError, match="y differs by"):
                require_agreement({"y": actual}, {"y": expected})


def test_half_precision_may_differ_by_its_own_roundings() -> None:
    assert tolerance(np.dtype("float16")) > tolerance(np.dtype("float32")) == 1e-4
    assert tolerance(np.dtype("int32")) == 0


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ([np.nan], [1.0]),
        ([1.0], [np.nan]),
        ([np.inf], [-np.inf]),
        ([np.inf], [1e308]),
    ],
)
def test_nan_and_infinity_agree_with_nothing_else(actual: object, expected: object) -> None:
    with pytest.raises(DisagreementError, match="differs by inf"):
        require_agreement({"y": np.array(actual)}, {"y": np.array(expected)})


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (np.array([1, 2]), np.array([1, 3]), "differs by inf"),
        (np.array([b"a"], object), np.array([b"b"], object), "differs by inf"),
        (np.zeros(2, np.int32), np.zeros(2, np.int64), r"int32\[2\], expected int64\[2\]"),
        (np.zeros((2, 1)), np.zeros(2), r"float64\[2, 1\], expected float64\[2\]"),
    ],
)
def test_everything_else_must_be_equal(
    actual: NDArray[np.generic], expected: NDArray[np.generic], message: str
) -> None:
    with pytest.raises(DisagreementError, match=message):
        require_agreement({"y": actual}, {"y": expected})


def test_the_outputs_must_be_the_same() -> None:
    with pytest.raises(DisagreementError, match=r"outputs are \['a'\], expected \['b'\]"):
        require_agreement({"a": np.zeros(1)}, {"b": np.zeros(1)})
