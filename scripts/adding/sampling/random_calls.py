"""Random inputs that a model computes with, found by trying."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from inference.calls import Call
from inference.signatures import Signature, Tensors
from scripts.adding.given import SourceError
from scripts.adding.sampling.bounds import Bounds, SignatureBounds
from scripts.adding.sampling.drawing import Attempt, Style, draw, shape_of
from scripts.adding.sources import reason_of

_BATCH_SIZES = (2, 1, 5)
# Free lengths and limits of integers are tried in turn until the original accepts one: an image
# model needs enough pixels, and a vocabulary that no table tells may be small.
_LENGTHS = ((5, 9), (32, 48), (128, 160), (224, 256))  # for even and odd batch sizes
_LONG_LENGTHS = tuple((size, size * 3 // 2) for size in (512, 1024, 2048, 4096, 8192, 16384, 32768))
_LIMITS = (None, 100, 30, 10, 3, 2, 1)
_OTHER_STYLES: tuple[Style, ...] = ("positive", "probabilities", "one-hot")
_SECONDS = 10.0  # after them, no longer input is tried
_MOST_VALUES = 10_000_000  # of an input that is drawn


@dataclass(frozen=True)
class _Try:
    """One length, limit and style, for every batch size."""

    lengths: tuple[int, int]
    limit: int | None = None
    style: Style = "usual"

    def attempts(self) -> list[Attempt]:
        """One for each batch size."""
        return [
            Attempt(rows, self.lengths[rows % 2], self.limit, self.style) for rows in _BATCH_SIZES
        ]


def random_calls(
    signature: Signature,
    run: Callable[[Tensors], Tensors],
    bounds: SignatureBounds | None = None,
    seconds: float = _SECONDS,
) -> list[Call]:
    """Random inputs of several batch sizes and lengths, with what ``run`` answers.

    Raises :class:`SourceError` if it answers none.
    """

    def calls_of(trial: _Try) -> list[Call]:
        random = np.random.default_rng(0)
        sampled = [
            {
                name: draw(name, spec, (bounds or {}).get(name, Bounds()), attempt, random)
                for name, spec in signature.inputs.items()
            }
            for attempt in trial.attempts()
        ]
        return [Call(inputs, run(inputs)) for inputs in sampled]

    deadline = time.monotonic() + seconds
    refused: list[tuple[_Try, Exception]] = []
    for trial in _every_try(signature, bounds or {}):
        if trial.lengths in _LONG_LENGTHS and time.monotonic() > deadline:
            break
        try:
            return _most_finite(calls_of, trial, calls_of(trial))
        except Exception as error:  # noqa: BLE001 - TensorFlow raises errors of many classes
            refused.append((trial, error))
    raise _refusal(signature, refused)


def _every_try(signature: Signature, bounds: SignatureBounds) -> Iterator[_Try]:
    """Usual values first, then other values, then the long inputs that few models need."""
    specs = signature.inputs.values()
    free = any(-1 in spec.shape[1:] for spec in specs)
    integers = any(spec.numpy_dtype.kind in "iu" for spec in specs)
    limited = integers or any(bound.limit for bound in bounds.values())
    lengths = _LENGTHS if free else _LENGTHS[:1]
    limits = _LIMITS if limited else _LIMITS[:1]
    yield from (_Try(length, limit) for length in lengths for limit in limits)
    yield from (_Try(length, None, style) for style in _OTHER_STYLES for length in lengths)
    if free:
        for length in _LONG_LENGTHS:
            trials = [_Try(length, limit) for limit in dict.fromkeys((limits[0], limits[-1]))]
            sizes = [
                math.prod(shape_of(spec, attempt))
                for spec in specs
                for attempt in trials[0].attempts()
            ]
            if max(sizes) <= _MOST_VALUES:
                yield from trials


def _most_finite(
    calls_of: Callable[[_Try], list[Call]], trial: _Try, calls: list[Call]
) -> list[Call]:
    """These calls, or those of other values whose outputs hold more numbers.

    A logarithm of negative numbers is NaN in every engine, and shows nothing about them.
    """
    for style in _OTHER_STYLES:
        if not _not_finite(calls):
            break
        try:
            others = calls_of(replace(trial, style=style))
        except Exception:  # noqa: BLE001, S112 - of many classes; the calls before this one remain
            continue
        calls = min(calls, others, key=_not_finite)
    return calls


def _not_finite(calls: list[Call]) -> float:
    """The share of NaN and infinity in the outputs."""
    finite = [
        np.isfinite(array).ravel()
        for call in calls
        for array in call.outputs.values()
        if array.dtype.kind == "f"
    ]
    return 1 - float(np.concatenate(finite).mean()) if any(map(len, finite)) else 0.0


def _refusal(signature: Signature, refused: list[tuple[_Try, Exception]]) -> SourceError:
    """What was tried, and the reasons of the first and the last attempt."""
    reasons: dict[str, list[str]] = {}
    for trial, error in (refused[0], refused[-1]):
        attempt = trial.attempts()[0]
        tried = ", ".join(
            f"{name} {spec.dtype}{list(shape_of(spec, attempt))}"
            for name, spec in signature.inputs.items()
        )
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        reasons.setdefault(reason_of(cause), []).append(tried or "no input")
    told = "; ".join(
        f"with {' to '.join(dict.fromkeys(tried))}: {reason}" for reason, tried in reasons.items()
    )
    return SourceError(
        f"the model cannot compute with any of the random inputs ({told}); "
        f"{_ragged(signature) or 'give real rows with --examples'}"
    )


def _ragged(signature: Signature) -> str:
    """What to do with a ragged tensor, which a SavedModel takes as values and row splits."""
    for name, spec in signature.inputs.items():
        splits = signature.inputs.get(f"{name}_1")
        if splits and splits.dtype == "int64" and spec.shape[:1] == splits.shape == (-1,):
            return (
                f"'{name}' and '{name}_1' are the parts of a ragged tensor, which rows do not "
                "have; add the Keras file, whose rows may be of any one length, or export the "
                "model with a dense input"
            )
    return ""


def unproven(calls: Mapping[str, list[Call]]) -> Iterator[str]:
    """The outputs that hold no number in any call: NaN agrees with NaN, and proves nothing."""
    for name, signature_calls in calls.items():
        for output in signature_calls[0].outputs:
            answers = [call.outputs[output] for call in signature_calls]
            if all(a.size and a.dtype.kind == "f" and not np.isfinite(a).any() for a in answers):
                yield (
                    f"signature {name}: the output '{output}' is NaN or infinite for all inputs "
                    "that were tried, which does not show that the compiled model agrees; "
                    "give real rows with --examples"
                )
