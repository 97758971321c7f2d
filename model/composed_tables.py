"""A lookup table of numbers as a search in its sorted keys."""

import numpy as np
import tensorflow as tf

from model.frozen import Table


def look_up(table: Table, keys: tf.Tensor, default: tf.Tensor) -> tf.Tensor:
    """The value of each key; ``default`` for a key that the table does not have."""
    shape = tf.shape(keys)
    if not len(table.keys):
        return tf.fill(shape, default)
    order = np.argsort(table.keys, kind="stable")
    known, values = tf.constant(table.keys[order]), tf.constant(table.values[order])
    last = len(table.keys) - 1
    flat = tf.reshape(keys, [-1])
    place = tf.zeros_like(flat, tf.int32)
    for step in reversed([2**power for power in range(last.bit_length())]):
        further = tf.minimum(place + step, last)
        place = tf.where(tf.gather(known, further) <= flat, further, place)
    found = tf.equal(tf.gather(known, place), flat)
    looked_up = tf.where(found, tf.gather(values, place), default)
    return tf.reshape(looked_up, shape)
