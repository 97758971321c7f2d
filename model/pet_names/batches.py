"""Names as rectangles of tokens: batches of similar length, so that little is padding."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from model.pet_names import vocabulary

Tokens = NDArray[np.int32]


def encode_all(licences: pd.DataFrame) -> list[list[int]]:
    """Every licence's name as token ids, start token first, stop last."""
    pairs = zip(licences["name"], licences["species"], strict=True)
    return [vocabulary.encode(name, species) for name, species in pairs]


def pad(sequences: Sequence[list[int]]) -> Tokens:
    """``(batch, longest)``, padded on the right."""
    padded = np.full((len(sequences), max(map(len, sequences))), vocabulary.PADDING, np.int32)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded


def deal(
    sequences: Sequence[list[int]], batch_size: int, random: np.random.Generator | None = None
) -> Iterator[tuple[Tokens, Tokens]]:
    """Inputs and targets ``(batch, steps)``, one character apart.

    With ``random``, names of equal length and the order of the batches are shuffled.
    """
    order = np.array([len(sequence) for sequence in sequences], dtype=float)
    if random is not None:
        order += random.random(len(order))
    indices = np.argsort(order, kind="stable")
    batches = [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]
    if random is not None:
        random.shuffle(batches)
    for batch in batches:
        tokens = pad([sequences[index] for index in batch])
        yield tokens[:, :-1], tokens[:, 1:]


def as_dataset(
    sequences: Sequence[list[int]], batch_size: int, random: np.random.Generator | None = None
) -> tf.data.Dataset:
    """What :func:`deal` yields, dealt anew for every epoch."""
    spec = tf.TensorSpec((None, None), tf.int32)
    dataset = tf.data.Dataset.from_generator(
        lambda: deal(sequences, batch_size, random), output_signature=(spec, spec)
    )
    return dataset.apply(tf.data.experimental.assert_cardinality(-(-len(sequences) // batch_size)))
