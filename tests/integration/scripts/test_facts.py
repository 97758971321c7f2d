"""What Keras models of both generations tell of their inputs and outputs."""

from pathlib import Path
from typing import Any

import keras
import pytest
import tf_keras

from scripts.adding.declaring.facts import compile_config_of, facts_of
from scripts.adding.declaring.proposing import InputFacts
from scripts.adding.keras_models import name_tensors

GENERATIONS = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras 3", "keras 2"])


def activation_of(model: Any) -> str | None:
    (facts,) = facts_of(model).outputs.values()
    return facts.activation


@GENERATIONS
def test_the_last_activation_is_found_behind_layers_that_keep_the_values(k: Any) -> None:
    ends: list[tuple[list[Any], str]] = [
        ([k.layers.Dense(3, "softmax")], "softmax"),
        ([k.layers.Dense(3), k.layers.Softmax()], "softmax"),
        ([k.layers.Dense(3), k.layers.Activation("sigmoid")], "sigmoid"),
        ([k.layers.Dense(3)], "linear"),
        ([k.layers.Dense(3, "softmax"), k.layers.Activation("linear", dtype="float32")], "softmax"),
        ([k.layers.Dense(3, "softmax"), k.layers.Dropout(0.1), k.layers.Reshape((3,))], "softmax"),
        ([k.Sequential([k.layers.Input((4,)), k.layers.Dense(1, "sigmoid")])], "sigmoid"),
        ([k.layers.Dense(1), k.layers.ReLU()], "relu"),
    ]
    for layers, expected in ends:
        assert activation_of(k.Sequential([k.layers.Input((4,)), *layers])) == expected
    pooled = [k.layers.Reshape((3, 1)), k.layers.GlobalAveragePooling1D()]
    model = k.Sequential([k.layers.Input((4,)), k.layers.Dense(3, "softmax"), *pooled])
    assert activation_of(model) is None  # the mean of probabilities is something else


def test_operations_outside_of_layers_are_known() -> None:
    entry = keras.Input((4,))
    ends = keras.ops.softmax(keras.layers.Dense(3)(entry))
    assert activation_of(keras.Model(entry, ends)) == "softmax"


@GENERATIONS
def test_the_layers_that_read_an_input_are_found(k: Any) -> None:
    texts = k.layers.TextVectorization(max_tokens=9, vocabulary=["good", "bad"])
    jobs = k.layers.StringLookup(vocabulary=["nurse", "driver"], mask_token="?")
    codes = k.layers.IntegerLookup(vocabulary=[1, 2, 3], mask_token=-1)
    inputs = [
        k.Input((1,), name="review", dtype="string"),
        k.Input((1,), name="job", dtype="string"),
        k.Input((1,), name="code", dtype="int64"),
        k.Input((1,), name="age"),
    ]
    nested_input = k.Input((1,), dtype="string")
    nested = k.Model(nested_input, jobs(nested_input), name="jobs")
    parts = [
        k.layers.GlobalAveragePooling1D()(k.layers.Embedding(9, 3)(texts(inputs[0]))),
        k.layers.Flatten()(k.layers.Embedding(4, 3)(nested(inputs[1]))),
        k.layers.Flatten()(k.layers.Embedding(6, 3)(codes(k.layers.Reshape((1,))(inputs[2])))),
        inputs[3],
    ]
    joined = k.layers.Concatenate()(parts)
    heads = [
        k.layers.Dense(1, name="price")(joined),
        k.layers.Dense(3, "softmax", name="kind")(joined),
    ]
    model = k.Model(inputs, heads)
    facts = facts_of(model)
    assert facts.inputs.keys() == {"review", "job", "code", "age"}
    assert facts.inputs["review"].layers == {"TextVectorization"}
    assert facts.inputs["job"] == InputFacts(frozenset({"StringLookup"}), "?")
    assert facts.inputs["code"] == InputFacts(frozenset({"IntegerLookup"}), -1)
    assert facts.inputs["age"].mask_token is None
    activations = [facts.outputs[name].activation for name in ("price", "kind")]
    assert activations == ["linear", "softmax"]


@GENERATIONS
def test_tensors_have_the_names_of_the_signature(k: Any) -> None:
    inputs = {"the age": k.Input((1,), name="the age"), "size": k.Input((1,), name="size")}
    joined = k.layers.Concatenate()(list(inputs.values()))
    model = k.Model(inputs, {"z": k.layers.Dense(1)(joined), "b": k.layers.Softmax()(joined)})
    named = name_tensors(model)
    assert named is not None
    facts = facts_of(model)
    assert list(facts.inputs) == list(named.inputs) == ["size", "the_age"]
    assert {name: each.activation for name, each in facts.outputs.items()} == {
        "b": "softmax",
        "z": "linear",
    }


@GENERATIONS
@pytest.mark.filterwarnings("ignore:You are saving", "ignore:__array__ implementation")  # Keras
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_loss_is_read_from_the_file(k: Any, suffix: str, tmp_path: Path) -> None:
    model = k.Sequential([k.layers.Input((4,)), k.layers.Dense(3)])
    losses = k.losses
    expected = {
        "sparse_categorical_crossentropy": losses.SparseCategoricalCrossentropy(from_logits=True),
        "mse": "mse",
        "binary_crossentropy": losses.BinaryCrossentropy(from_logits=True),
    }
    for name, loss in expected.items():
        model.compile("sgd", loss=loss)
        file = tmp_path / f"{name}{suffix}"
        model.save(file)
        (output,) = facts_of(model, compile_config_of(file)).outputs.values()
        assert output.loss in (name, "mean_squared_error")
        assert output.from_logits == (name != "mse")


@GENERATIONS
def test_a_model_that_is_no_graph_tells_nothing(k: Any) -> None:
    class Own(k.Model):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs

    model = Own()
    model(k.ops.ones((1, 2)) if k is keras else k.backend.ones((1, 2)))
    assert facts_of(model).outputs == {}
    assert facts_of(k.Sequential([k.layers.Dense(3)])).outputs == {}


def test_files_without_a_loss_tell_nothing(tmp_path: Path) -> None:
    for content in (b"", b"PK\5\6" + bytes(18), b"\x89HDF\r\n\x1a\n", b"{}"):
        file = tmp_path / "model"
        file.write_bytes(content)
        assert compile_config_of(file) == {}
    assert compile_config_of(tmp_path) == {}
