"""Keras models of both generations that take texts and categories as people write them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
import tf_keras

from tests.originals.written import Arrays, Written, single

GENERATIONS = {"keras": keras, "tf_keras": tf_keras}
WORDS = ["the", "good", "dog", "cat", "naïve", "straße", "東京", "don't", "café", "bad", "of"]


def save(library: Any, model: Any, folder: Path, name: str) -> Path:
    """The format that most models of the generation are in."""
    path = folder / f"{name}.{'keras' if library is keras else 'h5'}"
    model.save(path)
    return path


def by_name(model: Any, output: str) -> Callable[[Arrays], Arrays]:
    """A model with several named inputs and one output."""

    def original(arrays: Arrays) -> Arrays:
        answer = model({name: tf.constant(array) for name, array in arrays.items()}, training=False)
        return {output: answer.numpy()}

    return original


def text_classifier(library: Any, folder: Path) -> Written:
    """Functional: words of any number of steps, an embedding, a mean."""
    layers = library.layers
    text = library.Input((1,), dtype="string", name="text")
    words = layers.TextVectorization(vocabulary=WORDS, name="words")(text)
    pooled = layers.GlobalAveragePooling1D()(layers.Embedding(20, 6, mask_zero=True)(words))
    model = library.Model(text, layers.Dense(3, activation="softmax", name="topic")(pooled))
    return save(library, model, folder, "classifier"), single(model, "text", "topic")


def end_to_end(library: Any, folder: Path) -> Written:
    """Sequential: the vectorizer, the trained model, the last activation, as Keras' guides do."""
    layers = library.layers
    trained = library.Sequential(
        [
            layers.Input((8,), dtype="int64"),
            layers.Embedding(20, 6, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dropout(0.5),
            layers.Dense(1),
        ]
    )
    model = library.Sequential(
        [
            layers.Input((1,), dtype="string", name="text"),
            layers.TextVectorization(vocabulary=WORDS, output_sequence_length=8),
            trained,
            layers.Activation("sigmoid", name="positive"),
        ]
    )
    return save(library, model, folder, "end_to_end"), single(model, "text", "positive")


def bigrams(library: Any, folder: Path) -> Written:
    layers = library.layers
    text = library.Input((), dtype="string", name="text")
    vocabulary = [*WORDS, "good dog", "the cat", "bad cat"]
    weights = [1 + place / 7 for place in range(len(vocabulary))]
    vectorize = layers.TextVectorization(
        ngrams=2, output_mode="tf_idf", vocabulary=vocabulary, idf_weights=weights
    )
    model = library.Model(text, layers.Dense(2, name="scores")(vectorize(text)))
    return save(library, model, folder, "bigrams"), single(model, "text", "scores")


def two_texts(library: Any, folder: Path) -> Written:
    """One vocabulary for both texts, one bag of words for the title."""
    layers = library.layers
    title = library.Input((1,), dtype="string", name="title")
    body = library.Input((1,), dtype="string", name="body")
    words = layers.TextVectorization(vocabulary=WORDS, standardize="lower", name="words")
    bag = layers.TextVectorization(vocabulary=WORDS, output_mode="multi_hot", max_tokens=30)
    embedding = layers.Embedding(20, 5)
    pool = layers.GlobalMaxPooling1D()
    counted = layers.Reshape((12,))(bag(title))
    joined = layers.Concatenate()(
        [pool(embedding(words(title))), pool(embedding(words(body))), counted]
    )
    model = library.Model([title, body], layers.Dense(2, name="priority")(joined))
    return save(library, model, folder, "two"), by_name(model, "priority")


def _preprocess(library: Any) -> tuple[dict[str, Any], Any]:
    """Keras' example of structured data: a column for each kind of layer."""
    layers = library.layers
    inputs = {
        "age": library.Input((1,), name="age"),
        "height": library.Input((1,), name="height"),
        "thal": library.Input((1,), dtype="string", name="thal"),
        "pain": library.Input((1,), dtype="int64", name="pain"),
        "town": library.Input((1,), dtype="string", name="town"),
        "code": library.Input((1,), dtype="int64", name="code"),
    }
    thal = layers.StringLookup(vocabulary=["fixed", "normal", "reversible"])
    pain = layers.IntegerLookup(vocabulary=[1, 2, 4], num_oov_indices=2, output_mode="one_hot")
    normal = layers.Normalization(mean=[41.5], variance=[90.25])
    features = [
        normal(inputs["age"]),
        layers.CategoryEncoding(5, output_mode="one_hot")(
            layers.Discretization(bin_boundaries=[150.0, 160.5, 170.0, 190.0])(inputs["height"])
        ),
        layers.CategoryEncoding(4, output_mode="one_hot")(thal(inputs["thal"])),
        pain(inputs["pain"]),
        layers.Flatten()(layers.Embedding(16, 3)(layers.Hashing(16)(inputs["town"]))),
        layers.CategoryEncoding(8, output_mode="multi_hot")(
            layers.Hashing(8, salt=[5, 9])(inputs["code"])
        ),
    ]
    return inputs, layers.Concatenate(name="features")(features)


def structured(library: Any, folder: Path) -> Written:
    inputs, features = _preprocess(library)
    hidden = library.layers.Dense(8, activation="relu")(features)
    model = library.Model(inputs, library.layers.Dense(1, name="risk")(hidden))
    return save(library, model, folder, "structured"), by_name(model, "risk")


def nested(library: Any, folder: Path) -> Written:
    """A model of preprocessing layers inside the model that is served, as Keras' guides advise."""
    inputs, features = _preprocess(library)
    preprocessing = library.Model(inputs, features, name="preprocessing")
    trained = library.Sequential(
        [
            library.layers.Input(features.shape[1:]),
            library.layers.Dense(8, activation="relu"),
            library.layers.Dense(1, name="risk"),
        ],
        name="trained",
    )
    outer = {
        name: library.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
        for name, tensor in inputs.items()
    }
    model = library.Model(outer, trained(preprocessing(outer)))
    return save(library, model, folder, "nested"), by_name(model, "trained")


def lookup_only(library: Any, folder: Path) -> Written:
    """Whole numbers, and a table of them that LiteRT lacks: no text at all."""
    layers = library.layers
    codes = library.Input((3,), dtype="int64", name="codes")
    places = layers.IntegerLookup(vocabulary=[700, 12, -4, 9])(codes)
    flat = layers.Flatten()(layers.Embedding(6, 4)(places))
    model = library.Model(codes, layers.Dense(2, name="scores")(flat))
    return save(library, model, folder, "codes"), single(model, "codes", "scores")


LIFTED = {
    "text_classifier": text_classifier,
    "end_to_end": end_to_end,
    "bigrams": bigrams,
    "two_texts": two_texts,
    "structured": structured,
    "nested": nested,
    "lookup_only": lookup_only,
}
