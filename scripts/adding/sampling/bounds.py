"""What the operations behind an input tell of its values: the same rules for every graph.

A reader of graphs (``graph_bounds`` of SavedModels, ``litert_bounds`` of ``.tflite`` files) visits
operations in order and asks :meth:`BoundsRules.apply` what is known of their results.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Role = Literal["pass", "gather", "one_hot", "multiply", "divide", "add", "subtract"]

# A factor that makes numbers of about 1 out of pixels of up to 255, or a mean of pixels.
_SCALES_PIXELS = 20


@dataclass(frozen=True)
class Bounds:
    """Of one input of a signature."""

    limit: int | None = None  # whole numbers below it: the rows of the smallest table
    pixels: bool = False  # whether the model itself scales 0 to 255
    means: tuple[float, ...] = ()  # that the model subtracts, of all values or of each column
    pool: tuple[Any, ...] = ()  # values that are drawn, such as words of a vocabulary


SignatureBounds = Mapping[str, Bounds]  # by input


@dataclass(frozen=True)
class Fact:
    """What is known of a tensor."""

    origins: frozenset[str] = frozenset()  # the inputs whose values it holds, moved or cast
    shape: tuple[int, ...] | None = None  # of a constant or a variable
    value: NDArray[Any] | None = None  # of a small constant


@dataclass
class BoundsRules:
    """Collects the limits of one signature while its operations are visited."""

    limits: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    pixels: set[str] = field(default_factory=set)
    means: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def apply(self, role: Role, facts: Sequence[Fact], axis: int = 0) -> Fact:
        """What is known of the result; ``facts`` are of the operands, and a table comes first."""
        if role == "gather":
            table, indices = facts[0], facts[1]
            if table.shape:
                self._limit(indices, table.shape[axis])
            return Fact(table.origins)
        if role == "one_hot":
            depth = facts[1].value if len(facts) > 1 else None
            if depth is not None and depth.size == 1:
                self._limit(facts[0], int(depth.item()))
            return Fact()
        if role != "pass":
            self._note_scaling(role, facts)
        if role in ("multiply", "divide"):
            return Fact()
        origins = frozenset[str]().union(*(fact.origins for fact in facts))
        return Fact(origins)

    def of(self, name: str) -> Bounds:
        """What is known of an input after all operations."""
        limits = self.limits.get(name, set())
        return Bounds(
            min(limits) if limits else None, name in self.pixels, self.means.get(name, ())
        )

    def _limit(self, indices: Fact, size: int) -> None:
        for name in indices.origins:
            if size > 0:
                self.limits[name].add(size)

    def _note_scaling(self, role: Role, facts: Sequence[Fact]) -> None:
        """A product, or a difference, of an input and a constant."""
        for fact, other in zip(facts, reversed(facts), strict=True):
            if fact.origins and other.value is not None and other.value.dtype.kind == "f":
                sizes = np.abs(other.value[other.value != 0].astype(np.float64))
                smallest = np.min(1 / sizes if role == "multiply" else sizes, initial=np.inf)
                if _SCALES_PIXELS < smallest < np.inf:
                    self.pixels |= fact.origins
                if role == "subtract" and fact is facts[0]:
                    means = tuple(other.value.ravel().astype(float).tolist())
                    self.means |= dict.fromkeys(fact.origins, means)
