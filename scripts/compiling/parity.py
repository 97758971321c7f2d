"""The parity gate: a compiled model that does not agree with its original is never served."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.golden import tolerance
from inference.signatures import Tensors

MAX_DIFFERENCE = 1e-4  # absolute, and relative to numbers above 1


class ParityError(Exception):
    """The compiled model answers differently from the original."""


def largest_difference(compiled: NDArray[Any], original: NDArray[Any]) -> float:
    """Largest difference in units of ``max(1, |original|)``; of text and integers 0 or infinity.

    Raises :class:`ParityError` on another shape or dtype, or NaN where the original has a number.
    """
    if compiled.shape != original.shape:
        raise ParityError(f"compiled shape {compiled.shape}, original {original.shape}")
    if original.dtype.kind != "f":
        return 0.0 if np.array_equal(compiled, original) else float("inf")
    known = np.isfinite(original)
    if not np.array_equal(compiled[~known], original[~known], equal_nan=True):
        raise ParityError("the compiled model answers numbers where the original has none")
    if not np.isfinite(compiled[known]).all():
        raise ParityError("the compiled model answers NaN or infinity")
    wanted = original[known].astype(float)
    return float(
        np.max(np.abs(compiled[known] - wanted) / np.maximum(1, np.abs(wanted)), initial=0.0)
    )


def require_parity(what: str, difference: float, allowed: float = MAX_DIFFERENCE) -> float:
    """Pass ``difference`` through. Raises :class:`ParityError` above what is allowed."""
    if not difference <= allowed:
        raise ParityError(
            f"{what}: compiled and original differ by {difference:.2e}, more than {allowed:.0e}"
        )
    return difference


def compare(compiled: Tensors, original: Tensors) -> float:
    """Largest difference over all outputs. Raises :class:`ParityError`."""
    if compiled.keys() != original.keys():
        raise ParityError(f"compiled outputs {sorted(compiled)}, original {sorted(original)}")
    return max(
        require_parity(name, largest_difference(compiled[name], array), tolerance(array.dtype))
        for name, array in original.items()
    )
