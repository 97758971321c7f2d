"""Minibatches for training and scoring: names as rectangles of token ids.

A minibatch holds names of similar length, so that little of it is padding.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from model.pet_names import vocabulary

Tokens = NDArray[np.int32]


def encode_all(licences: pd.DataFrame) -> list[list[int]]:
    """The token ids of every licence's name, from the start token to the stop character."""
    pairs = zip(licences["name"], licences["species"], strict=True)
    return [vocabulary.encode(name, species) for name, species in pairs]


def pad(sequences: Sequence[list[int]]) -> Tokens:
    """``(names, longest)``, padded on the right.

    >>> pad([[31, 18, 30], [32, 30]]).tolist()
    [[31, 18, 30], [32, 30, 0]]
    """
    padded = np.full((len(sequences), max(map(len, sequences))), vocabulary.PADDING, np.int32)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded


def minibatches(
    sequences: Sequence[list[int]], size: int, random: np.random.Generator | None = None
) -> Iterator[tuple[Tokens, Tokens]]:
    """Inputs and targets, each ``(names, steps)``. The targets are one character ahead.

    With ``random``, names of equal length are shuffled, and so is the order of the minibatches.
    """
    order = np.array([len(sequence) for sequence in sequences], dtype=float)
    if random is not None:
        order += random.random(len(order))
    indices = np.argsort(order, kind="stable")
    groups = [indices[start : start + size] for start in range(0, len(indices), size)]
    if random is not None:
        random.shuffle(groups)
    for group in groups:
        tokens = pad([sequences[index] for index in group])
        yield tokens[:, :-1], tokens[:, 1:]


def as_dataset(
    sequences: Sequence[list[int]], size: int, random: np.random.Generator | None = None
) -> tf.data.Dataset:
    """The same minibatches as a TensorFlow dataset. Each epoch shuffles them anew."""
    spec = tf.TensorSpec((None, None), tf.int32)
    dataset = tf.data.Dataset.from_generator(
        lambda: minibatches(sequences, size, random), output_signature=(spec, spec)
    )
    return dataset.apply(tf.data.experimental.assert_cardinality(-(-len(sequences) // size)))
