"""Recurrent layers in a form that LiteRT can run: unrolled, or a loop without tensor lists.

Keras' own loop keeps its steps in a ``TensorList``, which LiteRT refuses for a free batch. Every
recurrent layer calls ``backend.rnn``, also inside wrappers, nested models and a user's own layers.
Therefore this one function is replaced while the model is traced. Masks, directions and states
keep the meaning that Keras documents for ``keras.backend.rnn``.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import tensorflow as tf
import tf_keras

from model.scan import fold, scan

MAX_UNROLLED_STEPS = 128  # more steps make a graph that is slower to compile than a loop is to run

_AXES_OF_A_MASK = 2

# A step of a layer: its inputs and states to its output and new states.
StepFunction = Callable[[Any, Any], tuple[Any, Any]]


@contextmanager
def compilable_recurrence(note: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Models that are traced inside the block have recurrent layers that LiteRT can run.

    ``note`` is called for each of them.
    """
    backends = (keras.src.backend, tf_keras.src.backend)
    own_functions = [backend.rnn for backend in backends]

    def noted(*arguments: Any, **options: Any) -> tuple[Any, Any, Any]:
        note()
        return rnn(*arguments, **options)

    try:
        for backend in backends:
            backend.rnn = noted
        yield
    finally:
        for backend, function in zip(backends, own_functions, strict=True):
            backend.rnn = function


class _Stepped(NamedTuple):
    """What one step gives; a tuple, because Keras and ``tf.while_loop`` take tuples."""

    output: Any
    repeated: Any  # the output that a masked next step repeats
    states: Any


class _Run(NamedTuple):
    """What all steps give, with time first."""

    output: Any  # of the last step
    outputs: Any  # of all steps, or of the last one
    states: Any


# One step of the sequence, the output to repeat, and the states.
_Step = Callable[[Any, Any, Any], _Stepped]


def rnn(
    step_function: StepFunction,
    inputs: Any,  # a tensor, or several
    initial_states: Sequence[Any],
    *,
    go_backwards: bool = False,
    mask: tf.Tensor | None = None,
    constants: Sequence[tf.Tensor] | None = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
    **_ignored: Any,  # `unroll` is decided here; `input_length` repeats the shape
) -> tuple[Any, Any, Any]:
    """The last output, all outputs ``(batch, steps, …)``, and the states.

    ``inputs`` are ``(batch, steps, …)``, or ``(steps, batch, …)`` if ``time_major``.
    """

    def time_first(tensor: tf.Tensor) -> tf.Tensor:
        if not time_major:
            tensor = _swap(tensor)
        return tf.reverse(tensor, [0]) if go_backwards else tensor

    inputs = tf.nest.map_structure(time_first, inputs)  # (steps, batch, …)
    sequence: tuple[Any, ...] = (inputs,)
    if mask is not None:
        mask = tf.cast(mask, tf.bool)  # (batch, steps) or (batch, steps, 1)
        mask = time_first(mask[..., 0] if mask.shape.rank > _AXES_OF_A_MASK else mask)
        sequence = (inputs, mask)

    def step(now: Any, repeated: Any, states: Any) -> _Stepped:
        """A masked step keeps the states and repeats the output, or gives zeros."""
        inputs_now, *masks = now
        output, new_states = step_function(inputs_now, (*states, *(constants or ())))
        new_states = tf.nest.pack_sequence_as(states, tf.nest.flatten(new_states))
        if not masks:
            return _Stepped(output, output, new_states)
        zeros = tf.zeros_like(output)
        repeated = zeros if repeated is None else repeated
        shown = _where(masks[0], output, zeros if zero_output_for_mask else repeated)
        states = tf.nest.map_structure(
            lambda new, old: _where(masks[0], new, old), new_states, states
        )
        return _Stepped(shown, _where(masks[0], output, repeated), states)

    steps = tf.nest.flatten(inputs)[0].shape[0]
    run_all = _unroll if steps is not None and steps <= MAX_UNROLLED_STEPS else _loop
    run = run_all(step, sequence, tuple(initial_states), keep_all=return_all_outputs)
    return run.output, run.outputs if time_major else _swap(run.outputs), run.states


def _unroll(step: _Step, sequence: Any, states: Any, *, keep_all: bool) -> _Run:
    outputs = []
    repeated = None
    for time in range(tf.nest.flatten(sequence)[0].shape[0]):
        now = tf.nest.map_structure(lambda tensor, time=time: tensor[time], sequence)
        output, repeated, states = step(now, repeated, states)
        outputs.append(output)
    return _Run(outputs[-1], tf.stack(outputs if keep_all else outputs[-1:]), states)


def _loop(step: _Step, sequence: Any, states: Any, *, keep_all: bool) -> _Run:
    """The first step gives the shapes. A sequence without steps has none, and is an error.

    `tf.gather` is, in LiteRT, the way to ask for it: an index ``[0]`` reads beyond the tensor.
    """
    first = step(tf.nest.map_structure(lambda tensor: tf.gather(tensor, 0), sequence), None, states)
    rest = tf.nest.map_structure(lambda tensor: tensor[1:], sequence)

    def scan_step(carry: Any, now: Any) -> tuple[Any, tf.Tensor]:
        _, repeated, states = carry
        carry = step(now, repeated, states)
        return carry, carry.output

    if keep_all:
        last, outputs = scan(scan_step, first, rest, first.output[tf.newaxis])
    else:
        last = fold(scan_step, first, rest)
        outputs = last.output[tf.newaxis]
    return _Run(last.output, outputs, last.states)


def _swap(tensor: tf.Tensor) -> tf.Tensor:
    """``(batch, steps, …)`` to ``(steps, batch, …)``, or back."""
    return tf.transpose(tensor, [1, 0, *range(2, len(tensor.shape))])


def _where(condition: tf.Tensor, yes: tf.Tensor, no: tf.Tensor) -> tf.Tensor:
    """A choice for each row; ``condition`` is ``(batch,)``."""
    return tf.where(tf.reshape(condition, [-1, *[1] * (len(yes.shape) - 1)]), yes, no)
