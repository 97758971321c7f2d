"""Pooling in three dimensions, as pooling in two: first height and width, then depth."""

from collections.abc import Callable

import tensorflow as tf

_Pool = Callable[..., tf.Tensor]


def max_pool_3d(images: tf.Tensor, ksize: list[int], strides: list[int], padding: str) -> tf.Tensor:
    """``(batch, depth, height, width, channels)``; the largest value of each window."""
    return _in_two_steps(tf.nn.max_pool2d, images, ksize, strides, padding)


def avg_pool_3d(images: tf.Tensor, ksize: list[int], strides: list[int], padding: str) -> tf.Tensor:
    """The mean of each window. Padding does not count, in each of the two steps."""
    return _in_two_steps(tf.nn.avg_pool2d, images, ksize, strides, padding)


def _in_two_steps(
    pool: _Pool, images: tf.Tensor, ksize: list[int], strides: list[int], padding: str
) -> tf.Tensor:
    batch, depth, channels = _sizes(images, 0, 1, 4)
    flat = tf.reshape(images, [batch * depth, *_sizes(images, 2, 3), channels])
    flat = pool(flat, ksize[2:4], strides[2:4], padding)
    height, width = _sizes(flat, 1, 2)
    columns = tf.reshape(flat, [batch, depth, height * width, channels])
    columns = pool(columns, [ksize[1], 1], [strides[1], 1], padding)
    return tf.reshape(columns, [batch, *_sizes(columns, 1), height, width, channels])


def _sizes(tensor: tf.Tensor, *axes: int) -> list[int | tf.Tensor]:
    return [
        tensor.shape[axis] if tensor.shape[axis] is not None else tf.shape(tensor)[axis]
        for axis in axes
    ]
