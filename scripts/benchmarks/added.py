"""A model of the R project's size, added to this project and served by what people use instead."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import keras
import numpy as np
import tf_keras

from inference.litert import LiteRTEngine
from inference.settings import settings
from inference.tensorflow import TensorFlowEngine
from scripts import add_model
from scripts.benchmarks.server import Server, uvicorn
from scripts.compiling.keras_models import NamedModel, name_tensors
from scripts.compiling.litert import convert_saved_model

_PYTHON = ".venv-bench/bin/python"
_COMPETITORS = "scripts/benchmarks/competitors"


@contextmanager
def servers_of_r_network() -> Iterator[dict[str, Server]]:
    """Servers of one file: two LSTM layers of 32 units over 10 characters of 31."""
    layers = tf_keras.layers
    network = tf_keras.Sequential(
        [
            layers.Input((10, 31)),
            layers.LSTM(32, recurrent_activation="hard_sigmoid", return_sequences=True),
            layers.LSTM(32, recurrent_activation="hard_sigmoid"),
            layers.Dense(31, activation="softmax"),
        ]
    )
    row = np.eye(31)[np.arange(10)].tolist()
    body = json.dumps({"instances": [row]}).encode()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.h5"
        network.save(file)
        served = settings.model_copy(update={"models_dir": Path(folder) / "models"})
        with patch.object(add_model, "settings", served):
            add_model.main([str(file), "network"])
        given = {"MODEL_FILE": str(file), "TF_CPP_MIN_LOG_LEVEL": "3"}
        bentoml = f"{_COMPETITORS.replace('/', '.')}.bentoml_keras:Network"
        yield {
            "ours": Server(
                uvicorn("functions.api.app:app"),
                "/v1/models/network:predict",
                body,
                {"MODELS_DIR": str(served.models_dir)},
            ),
            "FastAPI + Keras": Server(
                uvicorn(f"{_COMPETITORS.replace('/', '.')}.fastapi_keras:app", _PYTHON),
                "/predict",
                body,
                given,
            ),
            "BentoML": Server(
                [_PYTHON, "-m", "bentoml", "serve", bentoml, "--port={port}"],
                "/predict",
                body,
                given | {"BENTOML_DO_NOT_TRACK": "True"},
            ),
            "LitServe": Server(
                [_PYTHON, f"{_COMPETITORS}/litserve_keras.py", "{port}"], "/predict", body, given
            ),
        }


def mobilenet_milliseconds(repeats: int = 40) -> tuple[float, float]:
    """One image of 224 × 224 through MobileNetV2: LiteRT's median and TensorFlow's."""
    named = name_tensors(keras.applications.MobileNetV2(weights=None))
    if not isinstance(named, NamedModel):
        raise TypeError("MobileNetV2 names its inputs")
    (name,) = named.inputs
    image = {name: np.random.default_rng(0).random((1, 224, 224, 3), np.float32)}
    with tempfile.TemporaryDirectory() as folder:
        saved_model, file = Path(folder) / "saved_model", Path(folder) / "model.tflite"
        named.export(saved_model)
        file.write_bytes(convert_saved_model(saved_model, ["serving_default"]))
        engines = LiteRTEngine(file), TensorFlowEngine(saved_model)
        ours, theirs = (
            _median(partial(engine.run, "serving_default", image), repeats) for engine in engines
        )
        return ours, theirs


def _median(call: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000
