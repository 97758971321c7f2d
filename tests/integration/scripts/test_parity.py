"""Which of two answers is right: Keras', or an engine's that differs."""

import gc
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pytest

from inference.calls import Call
from inference.errors import DisagreementError
from inference.signatures import Tensors
from scripts.adding.memory import release_memory
from scripts.adding.original import Original, open_original
from scripts.adding.parity import compare
from scripts.adding.sources import identify

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")

INPUTS = {"x": np.linspace(-1, 1, 40, dtype=np.float32).reshape(10, 4)}
NAME = "serving_default"


def opened(folder: Path, *, policy: str = "float32", binned: bool = False) -> Original:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4,), name="x"),
            *([layers.Discretization(bin_boundaries=[0.0, 0.5])] if binned else []),
            layers.Dense(64, activation="tanh", dtype=policy),
            layers.Dense(3, name="y", dtype="float32"),
        ]
    )
    model.save(folder / "model.keras")
    work = folder / "work"
    work.mkdir()
    return open_original(identify(folder / "model.keras"), work, {}, allow_code=False)


class Shifted:
    """Answers as TensorFlow does, but for an error."""

    def __init__(self, original: Original, error: float) -> None:
        self._engine, self._error = original.engine(), error

    def run(self, signature: str, inputs: Tensors) -> Mapping[str, np.ndarray]:
        answers = self._engine.run(signature, inputs)
        return {name: array + np.float32(self._error) for name, array in answers.items()}


def asked(original: Original) -> dict[str, list[Call]]:
    return {NAME: [Call(INPUTS, original.call(NAME, INPUTS))]}


def test_an_engine_that_is_wrong_is_refused_with_both_distances(tmp_path: Path) -> None:
    original = opened(tmp_path)
    with pytest.raises(DisagreementError, match=r"Keras is right: .* by .*, the served form by"):
        compare(Shifted(original, 0.01), original, asked(original))


def test_keras_may_be_the_one_that_is_wrong(tmp_path: Path) -> None:
    original = opened(tmp_path, policy="mixed_bfloat16")
    calls = asked(original)
    assert original.reopen is not None
    whole = keras.saving.load_model(tmp_path / "model.keras")
    for layer in whole.layers:
        layer.dtype_policy = "float32"

    class Precise:
        def run(self, _: str, inputs: Tensors) -> Mapping[str, np.ndarray]:
            return {"y": whole(inputs["x"]).numpy()}

    parity = compare(Precise(), original, calls)
    assert "the served form is nearer than Keras" in parity.note
    # What serves is what its golden file holds.
    np.testing.assert_array_equal(
        parity.calls[NAME][0].outputs["y"], Precise().run("", INPUTS)["y"]
    )


def test_a_model_that_draws_random_numbers_says_so(tmp_path: Path) -> None:
    original = opened(tmp_path)
    calls = {NAME: [Call(INPUTS, {"y": original.call(NAME, INPUTS)["y"] + np.float32(1)})]}
    with pytest.raises(DisagreementError, match="a layer draws random numbers: asked twice"):
        compare(Shifted(original, 0), original, calls)


def test_the_keras_model_is_gone_before_the_conversion(tmp_path: Path) -> None:
    """Also where its preprocessing could be lifted: the parts are made again if they are needed."""
    original = opened(tmp_path, binned=True)
    assert original.preprocessing is not None
    assert original.lifted is not None
    original = original.without_answers()
    release_memory()
    alive = [layer for layer in gc.get_objects() if isinstance(layer, keras.layers.Dense)]
    assert not alive


def test_one_export_is_enough_where_no_layer_has_a_form_of_its_own(tmp_path: Path) -> None:
    original = opened(tmp_path)
    assert original.compilable == original.path
