"""SavedModels of Keras' recurrent layers reach LiteRT without the Keras object."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from inference.agreement import require_agreement
from inference.engines.litert import LiteRTEngine
from inference.signatures import TensorSpec
from model.convert import convert_saved_model

SIGNATURE = "serving_default"


def _stacked(generation: Any, steps: int | None) -> Any:
    layers = generation.layers
    return generation.Sequential(
        [
            layers.Input((steps, 4)),
            layers.LSTM(5, return_sequences=True),
            layers.GRU(3),
            layers.Dense(2),
        ]
    )


def _masked(generation: Any, steps: int | None) -> Any:
    layers = generation.layers
    return generation.Sequential(
        [
            layers.Input((steps,), dtype="int32"),
            layers.Embedding(20, 6, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4)),
            layers.Dense(2),
        ]
    )


def _save(model: Any, folder: Path) -> None:
    if isinstance(model, tf_keras.Model):
        model.save(folder)
    else:
        model.export(folder, verbose=False)


def _inputs(dtype: str, rows: int, steps: int) -> Any:
    random = np.random.default_rng(0)
    if dtype == "int32":
        return random.integers(0, 20, (rows, steps)).astype(dtype)
    return random.normal(size=(rows, steps, 4)).astype(dtype)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("generation", [tf_keras, keras], ids=["keras 2", "keras 3"])
@pytest.mark.parametrize(("build", "dtype"), [(_stacked, "float32"), (_masked, "int32")])
@pytest.mark.parametrize("steps", [7, None])
def test_loops_of_tensor_lists_are_compiled_for_each_row(
    tmp_path: Path,
    generation: Any,
    build: Callable[[Any, int | None], Any],
    dtype: str,
    steps: int | None,
) -> None:
    model = build(generation, steps)
    _save(model, tmp_path / "saved")
    (tmp_path / "model.tflite").write_bytes(convert_saved_model(tmp_path / "saved", [SIGNATURE]))
    engine = LiteRTEngine(tmp_path / "model.tflite")
    ((output, spec),) = engine.signatures[SIGNATURE].outputs.items()
    assert spec == TensorSpec(dtype="float32", shape=(-1, 2))
    (name,) = engine.signatures[SIGNATURE].inputs
    for rows, length in [(3, 7), (1, 7), *([(2, 30), (2, 1)] if steps is None else [])]:
        inputs = _inputs(dtype, rows, length)
        answer = engine.run(SIGNATURE, {name: inputs})
        require_agreement(answer, {output: model(inputs).numpy()})
