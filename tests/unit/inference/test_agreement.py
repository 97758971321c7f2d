import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from inference.agreement import (
    difference,
    disagreeing,
    require_agreement,
    scales_of,
    tolerance,
)
from inference.errors import DisagreementError

FLOAT32 = np.dtype("float32")
ANY_FLOATS = arrays.arrays(
    st.sampled_from(["float16", "float32", "float64"]), arrays.array_shapes(max_side=4)
)
LOGITS = arrays.arrays(
    np.float64,
    st.integers(8, 40),
    elements=st.floats(-1, 1).map(lambda value: round(value, 6)),
)
NOISE = st.floats(-0.99e-4, 0.99e-4)


def agree(actual: NDArray[np.floating], expected: NDArray[np.floating]) -> bool:
    return difference(actual, expected) <= tolerance(expected.dtype)


def floats(*values: float) -> NDArray[np.float32]:
    """So many numbers that they tell their scale."""
    return np.array([*values, *[values[0]] * 8], np.float32)


@given(ANY_FLOATS)
def test_every_array_agrees_with_itself_nan_and_infinity_included(
    array: NDArray[np.float64],
) -> None:
    assert require_agreement({"y": array}, {"y": array.copy()}) == 0


@given(LOGITS, NOISE, st.floats(1e-20, 1e8))
def test_what_agrees_does_not_depend_on_the_unit(
    signed: NDArray[np.float64], noise: float, unit: float
) -> None:
    """Metres or millimetres: the noise is a part of the output's own scale."""
    expected = np.append(signed, -1.0) * unit
    assert agree(expected + noise * unit, expected)
    assert not agree(expected + 3 * max(abs(noise), 5e-5) * unit, expected)


@given(LOGITS, st.integers(0, 2**32 - 1))
def test_the_rounding_of_sums_agrees(values: NDArray[np.float64], seed: int) -> None:
    """Sums of terms that cancel, added in another order: an engine may choose it."""
    weights = np.random.default_rng(seed).normal(size=(9, values.size, 300))
    terms = (weights * values[:, None]).reshape(9, -1).astype(np.float32)
    expected = np.array([sum(row[:: 7 * len(row) // 1000 + 1], np.float32(0)) for row in terms])
    actual = terms[:, :: 7 * terms.shape[1] // 1000 + 1][:, ::-1].sum(axis=1)
    assert agree(actual.astype(np.float32), expected)


@given(LOGITS, st.floats(0.1, 80), st.integers(0, 2**32 - 1))
def test_the_rounding_of_logits_agrees_after_softmax(
    values: NDArray[np.float64], size: float, seed: int
) -> None:
    logits = (values * size).astype(np.float32)
    noise = np.random.default_rng(seed).uniform(-1, 1, logits.shape)
    rounded = logits * (1 + 8 * np.finfo(np.float32).eps * noise).astype(np.float32)

    def softmax(x: NDArray[np.float32]) -> NDArray[np.float32]:
        powers = np.exp(x - x.max())
        return np.asarray(powers / powers.sum(), np.float32)

    assert agree(softmax(rounded), softmax(logits))


@given(st.floats(1e-30, 1e-6), st.integers(8, 50), st.booleans())
def test_a_small_output_is_not_taken_for_zeros(size: float, numbers: int, signed: bool) -> None:
    expected = np.linspace(-size if signed else size / 2, size, numbers).astype(np.float32)
    assert not agree(np.zeros_like(expected), expected)
    if size > 5e-7:
        assert not agree(expected, np.zeros_like(expected))


@pytest.mark.parametrize(
    ("expected", "actual", "agrees"),
    [
        (floats(2000, -3), floats(2000.0002, -3), True),  # a logit
        (floats(1000, -900, 0.001), floats(1000, -900, 0.006), True),  # of terms that cancel
        (floats(1000, -900, 0.001), floats(1000, -900, 0.2), False),
        (floats(0.9, 1e-9), floats(0.9, 1e-5), False),  # a probability
        (floats(0.9, 1e-12), floats(0.9, 1.1e-12), True),
        (floats(0.9, 1e-40), floats(0.9, 0), True),
        (floats(1e-6, 2e-6), floats(0, 0), False),
        (floats(1e-36, 1e-40), floats(1e-36, 0), True),  # smaller than a processor may tell from 0
        (floats(0.62, 0.38), floats(0.62006, 0.37994), True),
        (floats(0.62, 0.38), floats(0.6202, 0.3798), False),
        (floats(3, -1e9, 0.5), floats(3, -1e9, 0.502), False),  # masked: not the scale
        (floats(3, -3.4e38, 0.5), floats(3, -3.4e38, 0.50001), True),
        (floats(0, 0), floats(0, 1e-7), True),
        (floats(0, 0), floats(0, 1e-5), False),
    ],
)
def test_floats_are_judged_on_the_scale_of_their_output(
    expected: NDArray[np.float32], actual: NDArray[np.float32], *, agrees: bool
) -> None:
    assert agree(actual, expected) is agrees
    assert disagreeing(actual, expected).any() is np.bool_(not agrees)


def test_one_number_is_judged_on_the_scale_of_the_others_if_they_are_given() -> None:
    """A number near zero of a regression, alone in its answer."""
    whole = np.linspace(-100, 100, 21, dtype=np.float32)[:, None]  # (rows, 1)
    expected, actual = np.array([[1e-3]], np.float32), np.array([[2e-3]], np.float32)
    with pytest.raises(DisagreementError):
        require_agreement({"y": actual}, {"y": expected})
    require_agreement({"y": actual}, {"y": expected}, scales_of({"y": whole}))
    require_agreement({"y": actual}, {"y": expected}, scales_of({"y": expected}, {"y": whole}))


def test_few_numbers_may_differ_by_the_rounding_of_terms_that_cancelled() -> None:
    expected = np.array([[-3e-4]], np.float32)
    assert agree(expected + np.float32(2e-7), expected)
    assert not agree(expected + np.float32(1e-6), expected)
    many = np.full(8, -3e-4, np.float32)
    assert not agree(many + np.float32(2e-7), many)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("factor", "agrees"), [(0.5, True), (2, False)])
def test_the_line_between_agreement_and_disagreement(
    dtype: str, factor: float, *, agrees: bool
) -> None:
    expected = np.full(3, 2, dtype)
    actual = (expected + np.array(2 * factor * tolerance(np.dtype(dtype)))).astype(dtype)
    assert agree(actual, expected) is agrees


def test_half_precision_may_differ_by_its_own_roundings() -> None:
    assert tolerance(np.dtype("float16")) > tolerance(FLOAT32) == 1e-4
    assert tolerance(np.dtype("int32")) == 0
    expected = np.linspace(0, 1, 9, dtype=np.float16)
    assert agree((expected + np.float16(6e-3)).astype(np.float16), expected)


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
    with pytest.raises(DisagreementError, match=r"y differs at \[0\]: it is"):
        require_agreement({"y": np.array(actual)}, {"y": np.array(expected)})


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (np.array([1, 2]), np.array([1, 3]), r"y differs at \[1\]: it is 2, expected 3$"),
        (np.array([b"a"], object), np.array([b"b"], object), "it is b'a', expected b'b'$"),
        (np.array(True), np.array(False), "y differs: it is True, expected False$"),  # noqa: FBT003
        (np.zeros(2, np.int32), np.zeros(2, np.int64), r"int32\[2\], expected int64\[2\]"),
        (np.zeros((2, 1)), np.zeros(2), r"float64\[2, 1\], expected float64\[2\]"),
    ],
)
def test_everything_else_must_be_equal(
    actual: NDArray[np.generic], expected: NDArray[np.generic], message: str
) -> None:
    with pytest.raises(DisagreementError, match=message):
        require_agreement({"y": actual}, {"y": expected})


def test_a_disagreement_names_the_output_the_place_both_values_and_what_is_allowed() -> None:
    expected = np.array([[0.25, -50], [7, 1]], np.float32)
    actual = np.array([[0.25, -50.1], [9, 1]], np.float32)
    with pytest.raises(DisagreementError) as raised:
        require_agreement({"score": actual}, {"score": expected})
    assert str(raised.value) == (
        "score differs by 2.00e+00 at [1,0]: it is 9, expected 7, and 0.005 is the most that agrees"
    )


def test_an_output_without_numbers_agrees() -> None:
    empty = np.zeros((0, 3), np.float32)
    assert require_agreement({"y": empty}, {"y": empty}) == 0


def test_the_outputs_must_be_the_same() -> None:
    with pytest.raises(DisagreementError, match=r"outputs are \['a'\], expected \['b'\]"):
        require_agreement({"a": np.zeros(1)}, {"b": np.zeros(1)})
