"""Bitwise operations that LiteRT lacks: it has ``BitwiseXor`` and ``RightShift`` of 32 bits.

Numbers of 8 and 16 bits are computed with 32, and numbers of 64 bits as two of 32.
"""

from collections.abc import Callable

import tensorflow as tf

_Both = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
_NARROW = (tf.int8, tf.uint8, tf.int16, tf.uint16)
_WIDE = (tf.int64, tf.uint64)


def bitwise_and(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """The bits that both have."""
    return _with_32_bits(_and, x, y)


def bitwise_or(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """The bits that one or both have."""
    return _with_32_bits(lambda x, y: tf.bitwise.bitwise_xor(x, y) + _and(x, y), x, y)


def bitwise_xor(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """The bits that one has alone."""
    return _with_32_bits(tf.bitwise.bitwise_xor, x, y)


def invert(x: tf.Tensor) -> tf.Tensor:
    """The bits that the number has not."""
    if x.dtype in _NARROW:
        largest = x.dtype.max if x.dtype.is_unsigned else -1
        return tf.cast(largest - tf.cast(x, tf.int32), x.dtype)
    return -1 - x


def _and(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """A sum is the bits of one alone and twice the bits of both. Halves do not overflow."""
    half_x = tf.bitwise.right_shift(x, tf.ones_like(x))
    half_y = tf.bitwise.right_shift(y, tf.ones_like(y))
    twice = half_x + half_y - tf.bitwise.bitwise_xor(half_x, half_y)
    return twice + (x - 2 * half_x) * (y - 2 * half_y)


def _with_32_bits(operation: _Both, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    if x.dtype == tf.int32:
        return operation(x, y)
    if x.dtype in _WIDE:
        halves = operation(tf.bitcast(x, tf.int32), tf.bitcast(y, tf.int32))
        return tf.bitcast(halves, x.dtype)
    return tf.cast(operation(tf.cast(x, tf.int32), tf.cast(y, tf.int32)), x.dtype)
