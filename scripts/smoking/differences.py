"""Where two answers differ: the first value, and what stands there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.agreement import Scale, disagreeing
from inference.signatures import Tensors

_SHOWN = 80


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be; ``where`` names it, such as a model or a route."""

    where: str
    problem: str

    def __str__(self) -> str:
        """A line."""
        return f"{self.where}: {self.problem}"


def first_difference(
    found: Tensors, expected: Tensors, scales: Mapping[str, Scale]
) -> tuple[int, str] | None:
    """The row, and the value in it, from which on two answers of the same form differ."""
    for name in sorted(expected.keys() & found.keys()):
        actual, reference = found[name], expected[name]
        if (actual.dtype, actual.shape) != (reference.dtype, reference.shape):
            continue
        places = np.flatnonzero(disagreeing(actual, reference, scales.get(name)))
        if not places.size:
            continue
        place = places[0]
        index = np.unravel_index(place, reference.shape) if reference.shape else ()
        row, *inside = [int(size) for size in index] or [0]
        at = f"[{','.join(map(str, inside))}]" if inside else ""
        return row, (
            f"{name}{at}: expected {_shown(reference.ravel()[place])}, "
            f"found {_shown(actual.ravel()[place])}"
        )
    return None


def _shown(value: Any) -> str:  # noqa: ANN401 - NumPy's scalars, or bytes
    if isinstance(value, np.floating):
        return f"{float(value):.7g}"
    return f"{value!r:.{_SHOWN}}" if isinstance(value, bytes) else str(value)
