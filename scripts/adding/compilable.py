"""Layers of Keras in equivalent forms that a graph, or LiteRT, can compute.

Recurrent layers: see :mod:`scripts.adding.recurrent`. ``TimeDistributed`` of Keras 3 gives wrong
answers in a graph where the number of steps is free. The products of integers that
``model.quantize("int8")`` brings are not among LiteRT's operations.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from scripts.adding.recurrent import compilable_recurrence

_TIME_DISTRIBUTED = keras.layers.TimeDistributed
_own_call = _TIME_DISTRIBUTED.call


@dataclass
class Replaced:
    """What a model that was traced inside the block has of these forms."""

    any_form: bool = False  # that TensorFlow itself does not need


@contextmanager
def graph_layers() -> Iterator[None]:
    """Models that are traced inside the block answer as Keras does outside of a graph."""
    with _replacing(_TIME_DISTRIBUTED, "call", _each_step):
        yield


@contextmanager
def compilable_layers() -> Iterator[Replaced]:
    """Models that are traced inside the block have layers that LiteRT can run."""
    replaced = Replaced()
    numpy = keras.src.backend.numpy
    with ExitStack() as stack:
        stack.enter_context(graph_layers())
        stack.enter_context(compilable_recurrence(partial(_note, replaced)))
        for name in ("matmul", "einsum"):
            own = getattr(numpy, name)
            stack.enter_context(_replacing(numpy, name, partial(_product, replaced, own)))
        yield replaced


@contextmanager
def _replacing(owner: Any, name: str, function: Callable[..., Any]) -> Iterator[None]:
    own = getattr(owner, name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, own)


def _note(replaced: Replaced) -> None:
    replaced.any_form = True


def _each_step(layer: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
    """All steps of all rows as rows of one batch, ``(batch * steps, …)``.

    Keras asks the layer for each step alone, in a vectorized map, where the steps are free.
    """
    if inputs.shape[1] is not None:
        return _own_call(layer, inputs, training=training, mask=mask)
    leading = tf.shape(inputs)[:2]
    inner: dict[str, Any] = {}
    if layer.layer._call_has_mask_arg and mask is not None:  # noqa: SLF001 - as Keras asks
        inner["mask"] = _rows(mask, leading)
    if layer.layer._call_has_training_arg:  # noqa: SLF001
        inner["training"] = training
    outputs = layer.layer.call(_rows(inputs, leading), **inner)
    shaped = tf.reshape(outputs, tf.concat([leading, tf.shape(outputs)[1:]], axis=0))
    shaped.set_shape((inputs.shape[0], None, *outputs.shape[1:]))
    return shaped


def _rows(tensor: tf.Tensor, leading: tf.Tensor) -> tf.Tensor:
    """``(batch, steps, …)`` to ``(batch * steps, …)``."""
    rest = tensor.shape[2:]
    sizes = rest if rest.is_fully_defined() else tf.shape(tensor)[2:]
    rows = tf.reshape(tensor, tf.concat([[leading[0] * leading[1]], sizes], axis=0))
    rows.set_shape((None, *rest))
    return rows


def _product(replaced: Replaced, own: Callable[..., Any], *operands: Any, **options: Any) -> Any:
    """Products of 8-bit integers as products of floats, which hold their sums exactly to 2^24."""
    tensors = [operand for operand in operands if not isinstance(operand, str)]
    if any(getattr(tensor, "dtype", None) not in (tf.int8, "int8") for tensor in tensors):
        return own(*operands, **options)
    replaced.any_form = True
    floats = [
        operand if isinstance(operand, str) else keras.ops.cast(operand, "float32")
        for operand in operands
    ]
    return tf.cast(own(*floats, **options), tf.int32)
