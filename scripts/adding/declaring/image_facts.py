"""What a Keras model tells of the pictures that it takes: its networks' names, its first layers."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np

# Of operations outside of layers, as `preprocess_input` writes them into a model: by Keras 3 as
# classes, by Keras 2 as names.
_ARITHMETIC = frozenset(
    {"TrueDivide", "Divide", "Multiply", "Subtract", "GetItem"}
    | {"tf.math.truediv", "tf.math.multiply", "tf.math.subtract", "tf.__operators__.getitem"}
)


class Scaling(NamedTuple):
    """The first thing that the model does to the numbers of its pictures.

    ``factor`` and ``offset`` of a Rescaling; ``offset`` is the mean of a Normalization or a
    BatchNormalization.
    """

    layer: Literal["Rescaling", "Normalization", "BatchNormalization", "arithmetic"]
    factor: float = 1
    offset: float = 0


class Facts(NamedTuple):
    """What is known of a model. Of one without a Keras object, nothing is."""

    layers: frozenset[str] = frozenset()  # names, of models within it too
    scaling: Scaling | None = None


def facts_of(model: Any) -> Facts:
    """The facts of a model of Keras 3 or 2."""
    steps = list(_steps(model))
    return Facts(
        layers=frozenset(_names(model)),
        scaling=_scaling(steps),
    )


def _steps(model: Any) -> Iterator[Any]:
    """Layers and operations in the order in which they run, of models within it too."""
    for step in getattr(model, "operations", None) or getattr(model, "layers", []):
        if hasattr(step, "layers"):
            yield from _steps(step)
        else:
            yield step


def _names(model: Any) -> Iterator[str]:
    for layer in getattr(model, "layers", []):
        yield str(layer.name)
        yield from _names(layer)


def _scaling(steps: list[Any]) -> Scaling | None:
    for step in steps:
        kind = type(step).__name__
        if kind == "Rescaling":
            return Scaling("Rescaling", float(np.mean(step.scale)), float(np.mean(step.offset)))
        if kind == "Normalization":
            return Scaling("Normalization", offset=float(np.mean(step.mean)))
        if kind == "BatchNormalization":
            return Scaling("BatchNormalization", offset=float(np.mean(step.moving_mean)))
        if {kind, _function_of(step)} & _ARITHMETIC:
            return Scaling("arithmetic")
        if getattr(step, "weights", None):
            break
    return None


def _function_of(step: Any) -> str:
    """The name of the function that Keras 2 wraps: ``tf.math.truediv_1`` is one, named."""
    return str(step.name).rstrip("0123456789").rstrip("_")
