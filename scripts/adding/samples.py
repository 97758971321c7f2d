"""Calls to compare on: random inputs and a user's real rows, with what the original answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.golden import Call
from inference.signatures import Signature, Tensors, TensorSpec
from scripts.adding.examples import read_examples
from scripts.adding.original import Original
from scripts.adding.sources import SourceError, reason_of

Calls = dict[str, list[Call]]  # by signature; the real rows come first

_BATCH_SIZES = (2, 1, 5)
# Free lengths and ranges of integers are tried in turn until the original accepts one: an image
# model needs enough pixels, and a vocabulary may be small.
_LENGTHS = ((5, 9), (32, 48), (128, 160), (224, 256))  # for even and odd batch sizes
_INTEGER_LIMITS = (1000, 100, 30, 10, 3, 2, 1)
_WORDS = (b"good", b"dog", b"a cat", b"not seen before", b"")


def sample(original: Original, examples: Path | None) -> Calls:
    """Calls of every signature; the rows of the file ``examples`` are for the default one.

    Raises :class:`SourceError` if the original answers none.
    """
    calls: Calls = {}
    for name, signature in original.signatures.items():
        run = partial(original.call, name)
        real = []
        if examples and name == original.default_signature:
            real = [_real_call(examples, signature, run)]
        try:
            random = random_calls(signature, run)
        except SourceError:
            if not real:
                raise
            random = []
        calls[name] = real + random
    return calls


def _real_call(examples: Path, signature: Signature, run: Callable[[Tensors], Tensors]) -> Call:
    inputs = read_examples(examples, signature)
    try:
        return Call(inputs, run(inputs))
    except Exception as error:
        raise SourceError(
            f"the model cannot compute with the rows of {examples.name}: {reason_of(error)}"
        ) from error


def random_calls(signature: Signature, run: Callable[[Tensors], Tensors]) -> list[Call]:
    """Random inputs of several batch sizes and lengths, with what ``run`` answers.

    Raises :class:`SourceError` if it answers none.
    """
    refusal: Exception | None = None
    for bounds in _every_bounds(signature):
        random = np.random.default_rng(0)
        sampled = [
            {name: _draw(spec, random, bound) for name, spec in signature.inputs.items()}
            for bound in bounds
        ]
        try:
            return [Call(inputs, run(inputs)) for inputs in sampled]
        except Exception as error:  # noqa: BLE001 - TensorFlow raises errors of many classes
            refusal = error
    reason = reason_of(refusal) if refusal else "there is no input"
    raise SourceError(
        f"the model cannot compute with any of the random inputs ({reason}); "
        "give real rows with --examples"
    ) from refusal


@dataclass(frozen=True)
class _Bounds:
    """Sizes of the free dimensions, and the limit below which integers are drawn."""

    rows: int
    length: int
    integer_limit: int


def _every_bounds(signature: Signature) -> Iterator[list[_Bounds]]:
    """One list for each attempt, with bounds for each batch size."""
    specs = signature.inputs.values()
    free = any(-1 in spec.shape[1:] for spec in specs)
    integers = any(spec.numpy_dtype.kind in "iu" for spec in specs)
    for lengths in _LENGTHS if free else _LENGTHS[:1]:
        for limit in _INTEGER_LIMITS if integers else _INTEGER_LIMITS[:1]:
            yield [_Bounds(rows, lengths[rows % 2], limit) for rows in _BATCH_SIZES]


def _draw(spec: TensorSpec, random: np.random.Generator, bounds: _Bounds) -> NDArray[Any]:
    shape = [
        size if size >= 0 else (bounds.rows if place == 0 else bounds.length)
        for place, size in enumerate(spec.shape)
    ]
    if spec.dtype == "string":
        drawn: NDArray[Any] = np.array(_WORDS, object)[random.integers(0, len(_WORDS), shape)]
        return np.asarray(drawn, object)
    kind = spec.numpy_dtype.kind
    if kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    if kind in "iu":
        limit = min(bounds.integer_limit, int(np.iinfo(spec.numpy_dtype).max))
        return random.integers(0, limit, shape).astype(spec.numpy_dtype)
    return random.normal(size=shape).round(3).astype(spec.numpy_dtype)
