"""Models that were added with ``make add-model``, served by this project and by others."""

import contextlib
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tf_keras

from inference.models import load_model
from scripts import add_model
from scripts.benchmarks.server import OUR_SERVER, Server, uvicorn

_PYTHON = ".venv-bench/bin/python"
_COMPETITORS = "scripts/benchmarks/competitors"
_MODULES = _COMPETITORS.replace("/", ".")


@contextmanager
def servers_of_r_network() -> Iterator[dict[str, Server]]:
    """Servers of a network of the R project's size.

    It has two LSTM layers of 32 units, and reads 10 characters of 31. All servers read one file.
    """
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
        file, models = Path(folder) / "network.h5", Path(folder) / "models"
        network.save(file)
        _add(file, "network", models)
        bentoml = f"{_MODULES}.bentoml_keras:Network"
        competitor = {"MODEL_FILE": str(file), "TF_CPP_MIN_LOG_LEVEL": "3"}
        yield {
            "ours": Server(
                OUR_SERVER,
                "/v1/models/network:predict",
                body,
                {"MODELS_DIR": str(models)},
            ),
            "FastAPI + Keras": Server(
                uvicorn(f"{_MODULES}.fastapi_keras:app", _PYTHON), "/predict", body, competitor
            ),
            "BentoML": Server(
                [_PYTHON, "-m", "bentoml", "serve", bentoml, "--port={port}"],
                "/predict",
                body,
                competitor | {"BENTOML_DO_NOT_TRACK": "True"},
            ),
            "LitServe": Server(
                [_PYTHON, f"{_COMPETITORS}/litserve_keras.py", "{port}"],
                "/predict",
                body,
                competitor,
            ),
        }


def mobilenet_milliseconds(repeats: int = 40) -> tuple[float, float]:
    """One image of 224 × 224 through MobileNetV2: the median on LiteRT and on TensorFlow."""
    with tempfile.TemporaryDirectory() as folder:
        file, models = Path(folder) / "mobilenet.keras", Path(folder) / "models"
        keras.applications.MobileNetV2(weights=None).save(file)
        medians = []
        for engine in ("litert", "tensorflow"):
            _add(file, engine, models, f"--engine={engine}")
            model = load_model(models / engine)
            (name,) = model.metadata.signature.inputs
            image = {name: np.random.default_rng(0).random((1, 224, 224, 3), np.float32)}
            medians.append(_median(partial(model.predict, image), repeats))
    ours, theirs = medians
    return ours, theirs


def _add(file: Path, name: str, models: Path, *options: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        add_model.main([str(file), name, f"--models-dir={models}", *options])


def _median(call: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000
