"""Recurrent layers in a form that LiteRT has: unrolled, or in a loop without tensor lists.

Keras' own loop keeps its steps in a ``TensorList``, which LiteRT refuses for a free batch. Every
recurrent layer, also inside wrappers, nested models and a user's own layers, calls
``backend.rnn``; so that one function is replaced while the model is traced. Masks, directions and
states keep the meaning that Keras documents for ``keras.backend.rnn``.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import keras
import tensorflow as tf
import tf_keras

MOST_UNROLLED_STEPS = 128  # beyond, the graph grows faster than the loop costs

_AXES_OF_A_MASK = 2

Step = Callable[[Any, Any], tuple[Any, Any]]


@contextmanager
def compilable_recurrence() -> Iterator[None]:
    """Whatever is traced inside has recurrent layers that LiteRT can run."""
    with (
        patch.object(keras.src.backend, "rnn", rnn),
        patch.object(tf_keras.src.backend, "rnn", rnn),
    ):
        yield


def rnn(
    step_function: Step,
    inputs: Any,  # a tensor, or several
    initial_states: Sequence[Any],
    *,
    go_backwards: bool = False,
    mask: tf.Tensor | None = None,
    constants: Sequence[tf.Tensor] | None = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
    **_ignored: Any,  # `unroll` is ours to decide, `input_length` repeats the shape
) -> tuple[Any, Any, Any]:
    """The last output, all outputs ``(batch, steps, …)``, and the states.

    ``inputs`` are ``(batch, steps, …)``, or ``(steps, batch, …)`` where ``time_major``.
    """

    def time_first(tensor: tf.Tensor) -> tf.Tensor:
        if not time_major:
            tensor = _swap(tensor)
        return tf.reverse(tensor, [0]) if go_backwards else tensor

    inputs = tf.nest.map_structure(time_first, inputs)
    if mask is not None:
        mask = tf.cast(mask, tf.bool)  # (batch, steps) or (batch, steps, 1)
        mask = time_first(mask[..., 0] if mask.shape.rank > _AXES_OF_A_MASK else mask)

    def step(time: Any, previous: Any, states: Any) -> tuple[Any, Any, Any]:
        """The output to keep, the output to repeat, the states; a masked step changes nothing."""
        now = tf.nest.map_structure(lambda tensor: tensor[time], inputs)
        output, new_states = step_function(now, (*states, *(constants or ())))
        new_states = tf.nest.pack_sequence_as(states, tf.nest.flatten(new_states))
        if mask is None:
            return output, output, new_states
        nothing = tf.zeros_like(output)
        previous = nothing if previous is None else previous
        kept = _where(mask[time], output, nothing if zero_output_for_mask else previous)
        states = tf.nest.map_structure(lambda *both: _where(mask[time], *both), new_states, states)
        return kept, _where(mask[time], output, previous), states

    steps = tf.nest.flatten(inputs)[0].shape[0]
    run = _unroll if steps is not None and steps <= MOST_UNROLLED_STEPS else _loop
    steps = steps or tf.shape(tf.nest.flatten(inputs)[0])[0]
    output, outputs, states = run(step, tuple(initial_states), steps, keep_all=return_all_outputs)
    return output, outputs if time_major else _swap(outputs), states


def _unroll(
    step: Callable[..., Any],
    states: Any,
    steps: int,
    *,
    keep_all: bool,
) -> tuple[Any, Any, Any]:
    outputs = []
    repeated = None
    for time in range(steps):
        output, repeated, states = step(time, repeated, states)
        outputs.append(output)
    return outputs[-1], tf.stack(outputs if keep_all else outputs[-1:]), states


def _loop(
    step: Callable[..., Any],
    states: Any,
    steps: Any,
    *,
    keep_all: bool,
) -> tuple[Any, Any, Any]:
    """The first step gives the shapes; the outputs grow by concatenation."""
    output, repeated, states = step(0, None, states)

    def body(time: Any, _: Any, repeated: Any, outputs: Any, states: Any) -> Any:
        output, repeated, states = step(time, repeated, states)
        if keep_all:
            outputs = tf.concat([outputs, output[tf.newaxis]], axis=0)
        return time + 1, output, repeated, outputs, states

    first = (tf.constant(1), output, repeated, output[tf.newaxis], states)
    shapes = tf.nest.map_structure(lambda tensor: tensor.shape, first)
    free = tf.TensorShape([None if keep_all else 1, *output.shape])
    _, output, _, outputs, states = tf.while_loop(
        lambda time, *_: time < steps, body, first, (*shapes[:3], free, shapes[4])
    )
    return output, outputs if keep_all else output[tf.newaxis], states


def _swap(tensor: tf.Tensor) -> tf.Tensor:
    """Batch and time change places."""
    return tf.transpose(tensor, [1, 0, *range(2, len(tensor.shape))])


def _where(condition: tf.Tensor, yes: tf.Tensor, no: tf.Tensor) -> tf.Tensor:
    """Choose by row; ``condition`` is ``(batch,)``."""
    return tf.where(tf.reshape(condition, [-1, *[1] * (len(yes.shape) - 1)]), yes, no)
