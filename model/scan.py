"""A loop over the steps of a sequence, at a cost that grows linearly with its length.

LiteRT copies what a loop carries, so outputs that grow in one loop cost the square of the length.
Here they grow in blocks, and blocks of blocks. Each level copies only what its own block holds.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

# Steps in a block of each level. A sequence of 32 of the largest copies an output 64 times.
_BLOCKS = (32_768, 1_024, 32)

# What is carried and one step of the sequence, to what is carried and the step's output.
ScanStep = Callable[[Any, Any], tuple[Any, tf.Tensor]]


def scan(step: ScanStep, carry: Any, sequence: Any, outputs: tf.Tensor) -> tuple[Any, tf.Tensor]:  # noqa: ANN401
    """What is carried after the last step, and all outputs ``(steps, batch, …)``.

    ``sequence`` holds tensors ``(steps, …)``. ``outputs (0 or more, batch, …)`` precede the new
    ones. ``carry`` is a tensor or a tuple of them, of the same shapes before and after a step.
    """
    return _scan(step, carry, sequence, outputs, _BLOCKS)


def fold(step: ScanStep, carry: Any, sequence: Any) -> Any:  # noqa: ANN401
    """What is carried after the last step; the outputs are not kept."""

    def body(time: tf.Tensor, carry: Any) -> tuple[tf.Tensor, Any]:  # noqa: ANN401
        return time + 1, step(carry, _at(sequence, time))[0]

    return _while(body, sequence, carry)[0]


def _scan(
    step: ScanStep,
    carry: Any,  # noqa: ANN401
    sequence: Any,  # noqa: ANN401
    outputs: tf.Tensor,
    blocks: tuple[int, ...],
) -> tuple[Any, tf.Tensor]:
    """The loop of one level. The lowest level has no blocks, and runs single steps."""
    # Not a slice [:0], which LiteRT takes for all of a single row.
    sizes = [size or tf.shape(outputs)[axis] for axis, size in enumerate(outputs.shape)]
    none_yet = tf.zeros(tf.stack([0, *sizes[1:]]), outputs.dtype)

    def body(start: tf.Tensor, carry: Any, written: tf.Tensor) -> tuple[Any, ...]:  # noqa: ANN401
        if not blocks:
            carry, output = step(carry, _at(sequence, start))
            return start + 1, carry, tf.concat([written, output[tf.newaxis]], axis=0)
        end = start + blocks[0]  # a slice stops where its tensor does
        block = tf.nest.map_structure(lambda tensor: tensor[start:end], sequence)
        carry, block_outputs = _scan(step, carry, block, none_yet, blocks[1:])
        return end, carry, tf.concat([written, block_outputs], axis=0)

    carry, outputs = _while(body, sequence, carry, outputs)
    return carry, outputs


def _while(
    body: Callable[..., tuple[Any, ...]],
    sequence: Any,  # noqa: ANN401
    carry: Any,  # noqa: ANN401
    *growing: tf.Tensor,
) -> tuple[Any, ...]:
    """Run ``body`` while its first variable, a time, is within the sequence."""
    steps = tf.shape(tf.nest.flatten(sequence)[0])[0]
    shapes = tf.nest.map_structure(lambda tensor: tensor.shape, carry)
    _, *results = tf.while_loop(
        lambda time, *_: time < steps,
        body,
        (tf.constant(0), carry, *growing),
        (
            tf.TensorShape([]),
            shapes,
            *(tf.TensorShape([None, *tensor.shape[1:]]) for tensor in growing),
        ),
    )
    return tuple(results)


def _at(sequence: Any, time: tf.Tensor) -> Any:  # noqa: ANN401
    return tf.nest.map_structure(lambda tensor: tensor[time], sequence)
