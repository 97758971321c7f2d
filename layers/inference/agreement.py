"""The one rule of "the same answer".

A compiled model must agree with its original, a golden file with the model that replays it, and a
new version with the golden files before it gets traffic. All three ask :func:`require_agreement`.

Floats are judged on the scale of their own output, the largest magnitude in it::

    |actual - expected| <= 1e-4 * max(|expected|, scale)

A number near zero is the sum of terms that cancel, and the rounding of a sum follows the size of
its terms, not of its result (N. Higham, *Accuracy and Stability of Numerical Algorithms*, 3.1).
Small outputs are therefore not taken for zeros, and large ones may differ by more.

Where all numbers lie between 0 and 1, they may be probabilities, of which the small ones have a
meaning. They are ``exp`` of a sum ``x``, and an error of ``x`` becomes ``|x| = ln(1/p)`` times the
relative error (the condition number of ``exp``)::

    |actual - p| <= 1e-4 * max(p * (1 + ln(1/p)), 0.076 * scale)

The second term is 64 roundings of the largest number. More than that is no noise: a probability of
1e-9 that becomes 1e-5 is another answer.

- Half precision has eight roundings in place of 1e-4, and of 64.
- Fewer than eight numbers, or zeros alone, do not tell the scale of their terms: four roundings
  of 1 agree too.
- Numbers from 1e9 on stand for "masked" beside smaller ones, and do not set the scale.
- NaN agrees with NaN, and an infinity with the same infinity.
- Integers, truth values and text agree only if they are equal.

>>> round(difference(np.array([2000.1, 0.01]), np.array([2000.0, 0.02])), 6)
5e-05
>>> round(difference(np.array([1.0, 1e-5]), np.array([1.0, 1e-9])), 6)
0.000131
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import DisagreementError
from inference.signatures import Tensors

_TOLERANCE = 1e-4
_ROUNDINGS = 8
_ROUNDINGS_OF_PROBABILITIES = 64
_FEW = 8
_ROUNDINGS_OF_FEW = 4
_MASKED = 1e9
_EPSILON = float(np.finfo(np.float32).eps)  # models compute in it, whatever they answer in


@dataclass(frozen=True)
class Scale:
    """What the numbers of one output have in common."""

    largest: float  # magnitude
    numbers: int
    within_one: bool  # whether all lie between 0 and 1


def scales_of(*answers: Tensors) -> dict[str, Scale]:
    """The scale of each output over several answers of one signature.

    Who compares a part of an answer, such as one row, gives the scales of the whole.
    """
    names = dict.fromkeys(name for answer in answers for name in answer)
    return {name: _scale_of(answer[name] for answer in answers) for name in names}


def tolerance(dtype: np.dtype[Any]) -> float:
    """The largest :func:`difference` that agrees; 0 for everything but floats."""
    if dtype.kind != "f":
        return 0.0
    return max(_TOLERANCE, _ROUNDINGS * float(np.finfo(dtype).eps))


def difference(actual: NDArray[Any], expected: NDArray[Any], scale: Scale | None = None) -> float:
    """The largest difference of two arrays of one shape, relative to what the rule compares with.

    They agree if it is at most :func:`tolerance`. It is infinity if they differ in text, in an
    integer, or in where NaN and infinity stand.
    """
    return float(np.max(_differences(actual, expected, scale), initial=0.0))


def disagreeing(
    actual: NDArray[Any], expected: NDArray[Any], scale: Scale | None = None
) -> NDArray[np.bool_]:
    """Where two arrays of one shape do not agree."""
    return np.asarray(_differences(actual, expected, scale) > tolerance(expected.dtype))


def require_agreement(
    actual: Tensors, expected: Tensors, scales: Mapping[str, Scale] | None = None
) -> float:
    """The largest difference over all outputs. ``scales`` are of ``expected`` if not given.

    Raises :class:`DisagreementError` where names, dtypes, shapes or values differ.
    """
    if actual.keys() != expected.keys():
        raise DisagreementError(f"the outputs are {sorted(actual)}, expected {sorted(expected)}")
    scales = scales or {}
    return max(
        (
            _require_tensor(name, actual[name], expected[name], scales.get(name))
            for name in expected
        ),
        default=0.0,
    )


def _require_tensor(
    name: str, actual: NDArray[Any], expected: NDArray[Any], scale: Scale | None
) -> float:
    if (actual.dtype, actual.shape) != (expected.dtype, expected.shape):
        raise DisagreementError(
            f"{name} is {actual.dtype}{list(actual.shape)}, "
            f"expected {expected.dtype}{list(expected.shape)}"
        )
    if not expected.size:
        return 0.0
    differences = _differences(actual, expected, scale)
    place = np.unravel_index(int(np.argmax(differences)), expected.shape)
    largest, allowed = float(differences[place]), tolerance(expected.dtype)
    if largest <= allowed:
        return largest
    found, wanted = actual[place], expected[place]
    values = f"{_shown(found)}, expected {_shown(wanted)}"
    at = f" at [{','.join(map(str, place))}]" if expected.ndim else ""
    if not np.isfinite(largest):
        raise DisagreementError(f"{name} differs{at}: it is {values}")
    error = abs(float(found) - float(wanted))
    raise DisagreementError(
        f"{name} differs by {error:.2e}{at}: it is {values}, and {error * allowed / largest:.2g} "
        "is the most that agrees"
    )


def _scale_of(arrays: Iterable[NDArray[Any]]) -> Scale:
    finite = [
        array[np.isfinite(array)].astype(np.float64) for array in arrays if array.dtype.kind == "f"
    ]
    values = np.concatenate(finite) if finite else np.zeros(0)
    magnitudes = np.abs(values)
    unmasked = magnitudes[(magnitudes < _MASKED) & (magnitudes > 0)]
    return Scale(
        largest=float(np.max(unmasked if unmasked.size else magnitudes, initial=0.0)),
        numbers=values.size,
        within_one=bool(np.all((values >= 0) & (values <= 1))),
    )


def _differences(
    actual: NDArray[Any], expected: NDArray[Any], scale: Scale | None
) -> NDArray[np.float64]:
    """For each number, what :func:`difference` is the largest of."""
    same = np.asarray(actual == expected, bool)
    if expected.dtype.kind != "f":
        return np.where(same, 0.0, np.inf)
    same |= np.isnan(actual) & np.isnan(expected)
    compared = np.isfinite(actual) & np.isfinite(expected) & ~same
    differences = np.where(same, 0.0, np.inf)
    reference = expected[compared].astype(np.float64)
    errors = np.abs(actual[compared].astype(np.float64) - reference)
    unit = _units(np.abs(reference), expected.dtype, scale or _scale_of([expected]))
    differences[compared] = errors / unit
    return differences


def _units(
    magnitudes: NDArray[np.float64], dtype: np.dtype[Any], scale: Scale
) -> NDArray[np.float64]:
    """What the error of each number is divided by."""
    allowed, epsilon = tolerance(dtype), max(_EPSILON, float(np.finfo(dtype).eps))
    share = 1.0
    if scale.within_one:
        tiny = np.finfo(np.float64).tiny
        magnitudes = magnitudes * (1 + np.log(1 / magnitudes.clip(tiny, 1)))
        share = min(1.0, _ROUNDINGS_OF_PROBABILITIES * epsilon / allowed)
    noise = float(np.finfo(np.float32).tiny)  # below, some processors compute with zeros
    if scale.numbers < _FEW or not scale.largest:
        noise = _ROUNDINGS_OF_FEW * epsilon
    return np.maximum(magnitudes, max(share * scale.largest, noise / allowed))


def _shown(value: Any) -> str:  # noqa: ANN401 - NumPy's scalars, or bytes
    return f"{float(value):.7g}" if isinstance(value, np.floating) else f"{value!s:.40}"
