"""The limits of one request, derived from what the chosen engine was measured to need.

Rows and free lengths are doubled, one at a time, until a run takes a twentieth of the time that a
request may take, or too much memory. What one value costs at the worst of these points bounds all
requests. An answer is bounded too. Half of the time is kept as a margin, because a server's
processor may be slower. Values are repeated from the calls that the engine was compared on, so they
are valid.
"""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inference.engines import Engine
from inference.errors import InferenceError
from inference.models import Metadata
from inference.signatures import Signature, Tensors
from scripts.adding.memory import resident_bytes, watch
from scripts.adding.sampling.samples import Calls

REQUEST_SECONDS = 20.0  # the longest run that a request may cause
REQUEST_BYTES = 512 * 2**20  # the most memory that its run may add
# The most values of an answer over HTTP: 6 MB of JSON, in which a number takes twelve characters.
ANSWER_VALUES = 6 * 2**20 // 12
MAX_BATCH: int = Metadata.model_fields["max_batch"].default
MAX_LENGTH = 65_536
MAX_VALUES = 2**24

_MARGIN = 2  # how much slower than this machine a server may be
_SHARE = 20  # the part of the time that the longest measured run may take
_MEASURING_SECONDS = 3.0  # for the lengths of one signature, and again for its rows
_QUICK_SECONDS = 0.05  # a quicker run is repeated
_REPEATS = 3
_SHORTEST = (1, 2, 3)  # an operation that crashes there must do it now, and not for a request
_NOISE_BYTES = 16 * 2**20  # less growth than this tells nothing of the values


@dataclass(frozen=True)
class DerivedLimits:
    """What ``metadata.json`` names so. ``max_length`` is None where no length is free."""

    max_batch: int
    max_length: int | None
    max_values: int

    def by_name(self) -> dict[str, int]:
        """The limits that apply."""
        named = {"max_batch": self.max_batch, "max_values": self.max_values}
        return named if self.max_length is None else named | {"max_length": self.max_length}


@dataclass(frozen=True)
class Budget:
    """What a request may cost, and how it is measured."""

    seconds: float = REQUEST_SECONDS
    bytes: int = REQUEST_BYTES
    # Processor time, which other programs on this machine do not lengthen.
    clock: Callable[[], float] = time.process_time
    memory: Callable[[], int] = resident_bytes


@dataclass(frozen=True)
class _Point:
    """One size that was measured."""

    rows: int
    length: int
    values: int  # of all inputs
    seconds: float
    bytes: int  # that the process has grown by
    answered: int  # values of all outputs


@dataclass(frozen=True)
class _Cost:
    """The limits of one signature. ``max_length`` is None where no length is free."""

    max_batch: int
    max_length: int | None
    max_values: int
    fewest_values: int  # that a call of one row needs


def measure_limits(
    engine: Engine, signatures: dict[str, Signature], calls: Calls, budget: Budget | None = None
) -> DerivedLimits:
    """The tightest limits of all signatures. Each signature can run one row of its calls."""
    costs = []
    for name, signature in signatures.items():
        inputs = next((call.inputs for call in calls[name] if _is_whole(call.inputs)), {})
        if inputs:
            costs.append(_measure(engine, name, signature, inputs, budget or Budget()))
    # Where every shape is fixed, `max_batch` is the limit.
    bounds = [cost.max_values for cost in costs if cost.max_length] or [MAX_VALUES]
    return DerivedLimits(
        max_batch=min((cost.max_batch for cost in costs), default=MAX_BATCH),
        max_length=min((cost.max_length for cost in costs if cost.max_length), default=None),
        max_values=max([min(bounds), *(cost.fewest_values for cost in costs)]),
    )


def _is_whole(inputs: Tensors) -> bool:
    return all(array.size for array in inputs.values())


def _measure(
    engine: Engine, name: str, signature: Signature, inputs: Tensors, budget: Budget
) -> _Cost:
    """Double the lengths of one row, then the rows of the length that the inputs have."""
    meter = _Meter(engine, name, signature, inputs, budget)
    free = [
        array.shape[axis]
        for key, array in inputs.items()
        for axis, size in enumerate(signature.inputs[key].shape)
        if axis and size < 0
    ]
    length = max(free, default=1)
    first = meter.run(1, length)
    if first is None:  # an input that only the call's own number of rows fits
        values = sum(array.size for array in inputs.values())
        return _Cost(MAX_BATCH, length if free else None, values, values)
    lengths, widths, max_batch = [first], [first], MAX_BATCH
    if free:
        for shortest in _SHORTEST:
            meter.run(1, shortest)
        lengths = meter.double(first, length, MAX_LENGTH, lambda size: meter.run(1, size))
    if any(tensor.shape[:1] == (-1,) for tensor in signature.inputs.values()):
        widths = meter.double(first, 1, MAX_BATCH, lambda size: meter.run(size, length))
        max_batch = widths[-1].rows
    widest, longest = widths[-1], lengths[-1]
    if signature.takes_rows:  # rows do not know of each other: the cost is proportional
        max_batch = min(MAX_BATCH, _affordable(widest, widest.rows, budget))
    if not free:
        return _Cost(max_batch, None, MAX_VALUES, first.values)
    telling = {widest, longest, *(p for p in lengths if p.seconds >= _QUICK_SECONDS)}
    affordable = min(_affordable(point, point.values, budget) for point in telling)
    return _Cost(
        max_batch,
        longest.length,
        min(MAX_VALUES, max(longest.values, _round_down(affordable))),
        longest.values,
    )


@dataclass
class _Meter:
    """Runs one signature at sizes of choice."""

    engine: Engine
    name: str
    signature: Signature
    inputs: Tensors
    budget: Budget

    _bytes_before: int | None = None  # once the smallest size has run

    def run(self, rows: int, length: int) -> _Point | None:
        """The median of a few runs; None where the engine cannot compute with these sizes."""
        inputs = {
            name: _resize(array, self.signature.inputs[name].shape, rows, length)
            for name, array in self.inputs.items()
        }
        seconds: list[float] = []
        try:
            while len(seconds) < _REPEATS and sum(seconds) < _QUICK_SECONDS:
                with watch(self.budget.memory) as peak:
                    started = self.budget.clock()
                    outputs = self.engine.run(self.name, inputs)
                    seconds.append(self.budget.clock() - started)
        except (InferenceError, tf.errors.OpError, MemoryError):
            return None
        grown = max(0, peak.bytes - (self._bytes_before or peak.bytes))
        values = sum(array.size for array in inputs.values())
        answered = sum(array.size for array in outputs.values())
        return _Point(rows, length, values, statistics.median(seconds), grown, answered)

    def double(
        self, first: _Point, size: int, most: int, measure: Callable[[int], _Point | None]
    ) -> list[_Point]:
        """Measured points of growing size. The last one is the largest that may be asked for."""
        measure(size)  # so that nothing larger is still held in memory
        self._bytes_before = self.budget.memory()
        points = [first]
        stop = self.budget.clock() + _MEASURING_SECONDS
        while size < most and self._allows_more(points) and self.budget.clock() < stop:
            larger = min(most, 2 ** size.bit_length())  # the next power of two
            point = measure(larger)
            if point is None:
                return points + _search(size, larger, measure)
            if not self._allows(point):
                break
            points.append(point)
            size = larger
        return points

    def _allows(self, point: _Point) -> bool:
        return (
            point.seconds <= self.budget.seconds / _SHARE
            and point.bytes <= self.budget.bytes
            and point.answered <= ANSWER_VALUES
        )

    def _allows_more(self, points: list[_Point]) -> bool:
        """Whether the next size would be allowed if the cost grows as it did."""
        last, before = points[-1], points[-2] if len(points) > 1 else points[-1]
        growth = (
            max(2.0, last.seconds / max(before.seconds, 1e-9))
            if last.seconds > _QUICK_SECONDS
            else 2.0
        )
        more_bytes = last.bytes + max(last.bytes, 2 * (last.bytes - before.bytes))
        return (
            last.seconds * growth <= self.budget.seconds / _SHARE
            and more_bytes <= self.budget.bytes
        )


def _search(works: int, fails: int, measure: Callable[[int], _Point | None]) -> list[_Point]:
    """The largest size that works, such as the number of a model's positions."""
    found = []
    while fails - works > 1:
        middle = (works + fails) // 2
        point = measure(middle)
        if point is None:
            fails = middle
        else:
            works = middle
            found.append(point)
    return found


def _resize(array: NDArray[Any], shape: tuple[int, ...], rows: int, length: int) -> NDArray[Any]:
    """The values repeated, or cut, along the free dimensions."""
    for axis, size in enumerate(shape):
        if size < 0:
            wanted = length if axis else rows
            array = np.take(array, np.arange(wanted) % array.shape[axis], axis)
    return array


def _affordable(point: _Point, parts: int, budget: Budget) -> int:
    """How many of the point's equal parts, such as its rows, one request may hold."""
    seconds = budget.seconds / _MARGIN / max(point.seconds, 1e-9)
    memory = budget.bytes / max(point.bytes, _NOISE_BYTES)
    if point.bytes <= _NOISE_BYTES:
        memory = math.inf
    answers = ANSWER_VALUES / max(point.answered, 1)
    return max(1, int(min(seconds, memory, answers) * parts))


def _round_down(number: int) -> int:
    """To two digits: the others are noise of the measurement."""
    unit: int = 10 ** max(0, len(str(number)) - 2)
    return number // unit * unit
