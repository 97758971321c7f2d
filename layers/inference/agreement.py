"""The one rule of "the same answer".

A compiled model must agree with its original, a golden file with the model that replays it, and a
new version with the golden files before it gets traffic. All three ask :func:`require_agreement`.

Two numbers agree if ``|actual - expected| <= tolerance * max(1, |expected|)``. NaN agrees with
NaN, and an infinity with the same infinity. Integers, truth values and text agree only if they are
equal. The tolerance is 1e-4, or eight roundings of the dtype where that is more (half precision).

>>> round(difference(np.array([2.0002, np.nan]), np.array([2.0, np.nan])), 6)
0.0001
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import DisagreementError
from inference.signatures import Tensors

_TOLERANCE = 1e-4
_ROUNDINGS = 8


def tolerance(dtype: np.dtype[Any]) -> float:
    """The largest difference that agrees; 0 for everything but floats."""
    if dtype.kind != "f":
        return 0.0
    return max(_TOLERANCE, _ROUNDINGS * float(np.finfo(dtype).eps))


def difference(actual: NDArray[Any], expected: NDArray[Any]) -> float:
    """The largest difference of two arrays of one shape, in units of ``max(1, |expected|)``.

    Infinity if they differ in text, in an integer, or in where NaN and infinity stand.
    """
    if expected.dtype.kind != "f":
        return 0.0 if np.array_equal(actual, expected) else float("inf")
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True):
        return float("inf")
    reference = expected[finite].astype(np.float64)
    values = actual[finite].astype(np.float64)
    if not np.isfinite(values).all():
        return float("inf")
    errors = np.abs(values - reference) / np.maximum(1, np.abs(reference))
    return float(np.max(errors, initial=0.0))


def require_agreement(actual: Tensors, expected: Tensors) -> float:
    """The largest difference over all outputs.

    Raises :class:`DisagreementError` where names, dtypes, shapes or values differ.
    """
    if actual.keys() != expected.keys():
        raise DisagreementError(f"the outputs are {sorted(actual)}, expected {sorted(expected)}")
    return max(
        (_require_tensor(name, actual[name], expected[name]) for name in expected), default=0
    )


def _require_tensor(name: str, actual: NDArray[Any], expected: NDArray[Any]) -> float:
    if (actual.dtype, actual.shape) != (expected.dtype, expected.shape):
        raise DisagreementError(
            f"{name} is {actual.dtype}{list(actual.shape)}, "
            f"expected {expected.dtype}{list(expected.shape)}"
        )
    largest, allowed = difference(actual, expected), tolerance(expected.dtype)
    if largest > allowed:
        raise DisagreementError(f"{name} differs by {largest:.2e}, more than {allowed:.0e}")
    return largest
