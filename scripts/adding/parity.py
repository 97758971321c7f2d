"""Whether an engine gives the original's answers; and where not, which of the two is right.

A Keras model that an engine disagrees with is loaded again and computed in float64. Keras itself
may be the one that is wrong: it computes in half precision, its weights magnify what float32
rounds, or a layer of it differs from its own graph.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from inference.agreement import Scale, difference, require_agreement, scales_of
from inference.engines import Engine
from inference.errors import DisagreementError
from inference.signatures import Tensors
from scripts.adding.keras_models import NamedModel
from scripts.adding.original import Original
from scripts.adding.precision import computing_in
from scripts.adding.sampling.samples import Calls
from scripts.adding.sources import reason_of

_AS_EXACT = 2  # the engine may be this much farther from the exact answer than Keras is


@dataclass(frozen=True)
class Parity:
    """How an engine answers."""

    error: float  # the largest difference from what it was compared with
    calls: Calls  # those to repeat when it serves
    note: str = ""  # where Keras was not what it was compared with


def compare(engine: Engine, original: Original, calls: Calls) -> Parity:
    """Raises :class:`DisagreementError` if the original is right and the engine is not."""
    served = {
        name: [replace(call, outputs=engine.run(name, call.inputs)) for call in asked]
        for name, asked in calls.items()
    }
    try:
        return Parity(_difference(served, calls), calls)
    except DisagreementError as error:
        exact = _exact(original, calls, error)
        return _judge(served, calls, exact, error)


def _judge(served: Calls, calls: Calls, exact: Calls, error: DisagreementError) -> Parity:
    of_engine, of_keras = _distance(served, exact), _distance(calls, exact)
    beside = f"from the answer in float64, Keras differs by {of_keras:.1e}"
    try:
        agreeing = _difference(served, exact)
    except DisagreementError:
        if of_engine > _AS_EXACT * of_keras:
            raise DisagreementError(
                f"{error}; Keras is right: {beside}, the served form by {of_engine:.1e}"
            ) from error
        return Parity(
            of_engine,
            served,
            "the model magnifies rounding, and no two computations of it agree to four digits: "
            f"{beside}, the served form by {of_engine:.1e}",
        )
    return Parity(
        agreeing, served, f"the served form is nearer than Keras: {beside}, it by {of_engine:.1e}"
    )


def _exact(original: Original, calls: Calls, error: DisagreementError) -> Calls:
    """What the Keras model answers in float64, in the dtypes of its outputs."""
    if original.reopen is None:
        raise error
    named = original.reopen()
    _refuse_random({name: asked[:1] for name, asked in calls.items()}, named, error)
    try:
        with computing_in("float64", named) as precise:
            return {
                name: [
                    replace(call, outputs=_like(call.outputs, precise(call.inputs)))
                    for call in asked
                ]
                for name, asked in calls.items()
            }
    except Exception as reason:  # noqa: BLE001 - a layer of any class may insist on its precision
        raise DisagreementError(
            f"{error}; which is right is unknown, because the model cannot be computed in float64 "
            f"({reason_of(reason)})"
        ) from error


def _refuse_random(calls: Calls, named: NamedModel, error: DisagreementError) -> None:
    """A model that draws random numbers disagrees with itself."""
    again = {
        name: [replace(call, outputs=named(call.inputs)) for call in asked]
        for name, asked in calls.items()
    }
    try:
        _difference(again, calls)
    except DisagreementError:
        raise DisagreementError(
            f"{error}; a layer draws random numbers: asked twice, Keras itself answers differently"
        ) from error


def _like(outputs: Tensors, answers: Tensors) -> Tensors:
    return {name: answers[name].astype(array.dtype) for name, array in outputs.items()}


def _difference(served: Calls, calls: Calls) -> float:
    """Over all calls. Raises :class:`DisagreementError` that names the signature."""
    largest = 0.0
    for signature, answered, expected, scales in _pairs(served, calls):
        try:
            largest = max(largest, require_agreement(answered, expected, scales))
        except DisagreementError as error:
            raise DisagreementError(f"signature {signature}: {error}") from error
    return largest


def _distance(served: Calls, exact: Calls) -> float:
    """The largest difference of any output."""
    return max(
        difference(answered[name], expected[name], scales[name])
        if _comparable(answered, expected, name)
        else math.inf
        for _, answered, expected, scales in _pairs(served, exact)
        for name in expected
    )


def _comparable(answered: Tensors, expected: Tensors, name: str) -> bool:
    return name in answered and answered[name].shape == expected[name].shape


def _pairs(served: Calls, calls: Calls) -> Iterator[tuple[str, Tensors, Tensors, dict[str, Scale]]]:
    """A signature, what was answered and expected, and the scales of all that was expected."""
    for name, asked in calls.items():
        scales = scales_of(*(call.outputs for call in asked))
        for answered, expected in zip(served[name], asked, strict=True):
            yield name, answered.outputs, expected.outputs, scales
