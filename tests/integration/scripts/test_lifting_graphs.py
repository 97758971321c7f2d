"""Which calls of a graph become steps, and that both parts together answer as the model."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from inference.agreement import require_agreement
from scripts.adding.keras_models import NamedModel, name_tensors
from scripts.adding.lifting.lift import Lifted, NotLiftableError, lift
from tests.originals import Arrays

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
WORDS = ["good", "dog", "cat", "東京"]
TEXTS = np.array([[b"good dog"], ["東京, CAT".encode()], [b""], [b"what dog"]], object)
LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])


def two_parts(model: Any, inputs: Arrays) -> Lifted:
    """The parts, once they have given together what the model gives."""
    named = name_tensors(model)
    assert named
    lifted = lift(named)
    assert lifted
    between = {name: tf.constant(a) for name, a in lifted.preprocessing.run(inputs).items()}
    assert {name: spec.dtype for name, spec in lifted.rest.inputs.items()} == {
        name: tensor.dtype for name, tensor in between.items()
    }
    answers = {name: answer.numpy() for name, answer in lifted.rest.call(between).items()}
    assert require_agreement(answers, named(inputs)) < 1e-6
    return lifted


def layers_of(lifted: Lifted) -> list[str]:
    return [step.layer for step in lifted.preprocessing.steps]


@LIBRARIES
def test_a_nested_model_that_is_called_twice(library: Any) -> None:
    """One encoder for questions and answers; its steps stand in the list twice."""
    layers = library.layers
    text = library.Input((1,), dtype="string")
    words = layers.TextVectorization(vocabulary=WORDS, output_sequence_length=4)(text)
    pooled = layers.GlobalMaxPooling1D()(layers.Embedding(9, 3)(words))
    encoder = library.Model(text, pooled, name="encoder")
    question = library.Input((1,), dtype="string", name="question")
    answer = library.Input((1,), dtype="string", name="answer")
    model = library.Model(
        {"question": question, "answer": answer},
        {"fit": layers.Dot(1)([encoder(question), encoder(answer)]), "code": encoder(answer)},
    )
    lifted = two_parts(model, {"question": TEXTS, "answer": TEXTS[::-1].copy()})
    assert layers_of(lifted) == ["TextVectorization"] * len(layers_of(lifted))
    assert {step.inputs[0] for step in lifted.preprocessing.steps} == {"question", "answer"}


def test_a_pipeline() -> None:
    layers = keras.layers
    text = keras.Input((1,), dtype="string", name="text")
    pipeline = layers.Pipeline(
        [
            layers.TextVectorization(vocabulary=WORDS, output_sequence_length=4),
            layers.CategoryEncoding(6, output_mode="count"),
            layers.Rescaling(0.5),
        ]
    )
    model = keras.Model(text, layers.Dense(2, name="scores")(pipeline(text)))
    lifted = two_parts(model, {"text": TEXTS})
    assert layers_of(lifted) == ["TextVectorization", "CategoryEncoding"]


@LIBRARIES
def test_shapes_and_dtypes_between_the_layers_are_steps_too(library: Any) -> None:
    layers = library.layers
    text = library.Input((), dtype="string", name="text")
    column = library.Input((), dtype="float32", name="column")
    expand = keras.ops.expand_dims if library is keras else tf.expand_dims
    cast = keras.ops.cast if library is keras else tf.cast
    places = layers.StringLookup(vocabulary=WORDS)(expand(text, -1))
    codes = layers.IntegerLookup(vocabulary=[3, 5])(cast(expand(column, -1), "int64"))
    both = layers.CategoryEncoding(9, output_mode="multi_hot")(
        layers.Concatenate()([places, codes])
    )
    model = library.Model([text, column], layers.Dense(2, name="scores")(both))
    inputs = {"text": TEXTS[:, 0], "column": np.array([3, 5, 7, 3], np.float32)}
    lifted = two_parts(model, inputs)
    assert sorted(layers_of(lifted)) == [
        *("Cast", "CategoryEncoding", "Concatenate", "ExpandDims", "ExpandDims"),
        *("IntegerLookup", "StringLookup"),
    ]


@LIBRARIES
def test_numbers_that_litert_can_normalize_stay(library: Any) -> None:
    """A normalization is a step only where its output is looked up."""
    layers = library.layers
    numbers = library.Input((2,), name="numbers")
    text = library.Input((1,), dtype="string", name="text")
    normal = layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0])(numbers)
    binned = layers.Discretization([-0.5, 0.5], output_mode="multi_hot")(normal)
    place = layers.StringLookup(vocabulary=WORDS, output_mode="multi_hot")(text)
    plain = layers.Rescaling(0.1)(numbers)
    joined = layers.Concatenate()([plain, binned, place])
    model = library.Model([numbers, text], layers.Dense(1, name="risk")(joined))
    inputs = {
        "numbers": np.array([[1, 2], [5, -9], [0, 8], [3, 3]], np.float32),
        "text": TEXTS,
    }
    lifted = two_parts(model, inputs)
    assert sorted(layers_of(lifted)) == ["Discretization", "Normalization", "StringLookup"]
    assert "numbers" in lifted.preprocessing.feeds


@LIBRARIES
def test_crossed_and_hashed_columns(library: Any) -> None:
    layers = library.layers
    town = library.Input((1,), dtype="string", name="town")
    age = library.Input((1,), dtype="int64", name="age")
    crossed = layers.HashedCrossing(20, output_mode="one_hot")([town, age])
    hashed = layers.Hashing(12, output_mode="one_hot", mask_value="")(town)
    joined = layers.Concatenate()([crossed, hashed])
    model = library.Model([town, age], layers.Dense(1, name="risk")(joined))
    inputs = {"town": TEXTS, "age": np.array([[1], [44], [0], [-3]], np.int64)}
    assert sorted(layers_of(two_parts(model, inputs))) == ["HashedCrossing", "Hashing"]


@LIBRARIES
def test_the_rest_is_not_trained(library: Any) -> None:
    layers = library.layers
    text = library.Input((), dtype="string", name="text")
    hot = layers.TextVectorization(vocabulary=WORDS, output_mode="count", pad_to_max_tokens=False)
    noisy = layers.GaussianNoise(0.9)(layers.Dropout(0.9)(hot(text)))
    model = library.Model(text, layers.BatchNormalization(name="normal")(noisy))
    two_parts(model, {"text": TEXTS[:, 0]})


@LIBRARIES
def test_a_layer_that_trains_by_default_does_not_train_in_the_rest(library: Any) -> None:
    class Doubled(library.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any, training: bool = True) -> Any:  # noqa: FBT002 - Keras' form
            return inputs * (2 if training else 1)

    text = library.Input((), dtype="string", name="text")
    hot = library.layers.TextVectorization(vocabulary=WORDS, output_mode="count")(text)
    two_parts(library.Model(text, Doubled(name="scores")(hot)), {"text": TEXTS[:, 0]})


@LIBRARIES
def test_the_rank_is_what_the_layer_answers(library: Any) -> None:
    """Keras 3 declares three axes for these counts, and answers two."""
    layers = library.layers
    text = library.Input((1,), dtype="string", name="text")
    counts = layers.TextVectorization(vocabulary=WORDS, output_mode="count", name="counts")(text)
    model = library.Model(text, layers.Dense(2, name="scores")(layers.Reshape((5,))(counts)))
    lifted = two_parts(model, {"text": TEXTS})
    assert lifted.rest.inputs["counts"].shape.as_list() == [None, 5]


def test_a_subclass_of_a_layer_is_not_lifted() -> None:
    class Louder(keras.layers.TextVectorization):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return super().call(inputs) + 1

    text = keras.Input((1,), dtype="string", name="text")
    words = Louder(vocabulary=WORDS, output_sequence_length=3)(text)
    other = keras.layers.StringLookup(vocabulary=WORDS, output_mode="count")(text)
    model = keras.Model(text, [words, other])
    named = name_tensors(model)
    assert isinstance(named, NamedModel)
    with pytest.raises(NotLiftableError, match=r"\(Louder\) takes text: it is no layer of Keras'"):
        lift(named)


def test_without_preprocessing_layers_there_is_nothing_to_lift() -> None:
    named = name_tensors(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    assert named
    assert lift(named) is None
