"""The parity gate: a compiled model that does not agree with its original is never written."""

import numpy as np
from numpy.typing import NDArray

MAX_DIFFERENCE = 1e-4


class ParityError(Exception):
    """The compiled model answers differently from the original."""


def largest_difference(compiled: NDArray[np.floating], original: NDArray[np.floating]) -> float:
    """Largest absolute difference. Raises :class:`ParityError` on other shapes or non-numbers."""
    if compiled.shape != original.shape:
        raise ParityError(f"compiled shape {compiled.shape}, original {original.shape}")
    if not np.isfinite(compiled).all():
        raise ParityError("the compiled model answers NaN or infinity")
    return float(np.max(np.abs(compiled - original), initial=0.0))


def require_parity(what: str, difference: float) -> float:
    """Pass ``difference`` through. Raises :class:`ParityError` above :data:`MAX_DIFFERENCE`."""
    if not difference <= MAX_DIFFERENCE:
        raise ParityError(
            f"{what}: compiled and original differ by {difference:.2e}, "
            f"more than {MAX_DIFFERENCE:.0e}; nothing was written"
        )
    return difference
