"""A small text classifier, trained on the sentences of ``topics.txt``: weather, sport or food."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tests.originals.written import Written, single

SENTENCES = Path(__file__).with_name("topics.txt")
TOPICS = ["weather", "sport", "food"]


def sentences() -> tuple[list[str], list[int]]:
    """Each sentence, and the number of its topic."""
    lines = SENTENCES.read_text("utf-8").splitlines()
    pairs = [line.split("\t", 1) for line in lines]
    return [text for _, text in pairs], [TOPICS.index(topic) for topic, _ in pairs]


def topics(folder: Path) -> Written:
    """Adapted on all sentences, trained in a few seconds, the same at every run."""
    keras.utils.set_random_seed(12)
    texts, numbers = sentences()
    layers = keras.layers
    words = layers.TextVectorization(max_tokens=600, name="words")
    words.adapt(texts)
    model = keras.Sequential(
        [
            layers.Input((), dtype="string", name="text"),
            words,
            layers.Embedding(600, 16, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(len(TOPICS), activation="softmax", name="topic"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    model.fit(tf.constant(texts), np.array(numbers), batch_size=20, epochs=15, verbose=0)
    model.save(folder / "topics.keras")
    return folder / "topics.keras", single(model, "text", "topic")
