"""Where LiteRT would crash or read beyond a tensor: empty lengths, places that are computed."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from starlette.testclient import TestClient

from functions.api.app import create_app
from inference.errors import InvalidInputError
from inference.models import ModelFolder
from tests.adding import add

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
layers = keras.layers


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("empty")
    kinds = {
        "pictures": [
            keras.Input((None, None, 3), name="pixels"),
            layers.Resizing(8, 8),
            layers.GlobalAveragePooling2D(),
        ],
        "cropped": [
            keras.Input((None, 3), name="steps"),
            layers.Cropping1D(2),
            layers.LSTM(4, return_sequences=True),
        ],
    }
    for name, stack in kinds.items():
        keras.Sequential(stack).save(root / f"{name}.keras")
        add(root / "models", str(root / f"{name}.keras"), name)
    return root / "models"


def test_an_empty_picture_is_the_clients_error(models: Path) -> None:
    client = TestClient(create_app(ModelFolder(models)), raise_server_exceptions=False)
    for shape in ([1, 0, 0, 3], [1, 0, 5, 3], [2, 5, 0, 3]):
        tensor = {"name": "pixels", "shape": shape, "datatype": "FP32", "data": []}
        answer = client.post("/v2/models/pictures/infer", json={"inputs": [tensor]})
        assert (answer.status_code, answer.json()["error"]) == (
            400,
            "'pixels' is empty, but every length must be at least 1",
        )
    described = client.get("/openapi.json").json()["components"]["schemas"]["pictures_request"]
    forms = described["properties"]["instances"]["items"]["properties"]["pixels"]["anyOf"]
    (instance,) = (form for form in forms if form["type"] == "array")  # not the picture's file
    assert (instance["minItems"], instance["items"]["minItems"]) == (1, 1)


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_a_sequence_that_a_layer_makes_empty_is_an_error_and_no_foreign_memory(
    models: Path, steps: int
) -> None:
    model = ModelFolder(models).get("cropped")
    with pytest.raises(InvalidInputError):
        model.predict({"steps": np.ones((2, steps, 3), np.float32)})
    assert model.predict({"steps": np.ones((2, 6, 3), np.float32)})


def test_a_place_that_is_computed_is_not_served_by_litert(tmp_path: Path) -> None:
    """`table[100]` of ten values would answer what else lies in the memory."""
    module = tf.Module()
    module.call = tf.function(
        lambda place: {"value": tf.range(10.0)[place[0]]},
        input_signature=[tf.TensorSpec([None], tf.int32, name="place")],
    )
    tf.saved_model.save(module, tmp_path / "saved", signatures=module.call)
    add(tmp_path / "models", str(tmp_path / "saved"), "table")
    models = ModelFolder(tmp_path / "models")
    metadata = models.served["table"]
    assert metadata.engine == "tensorflow"
    assert metadata.engine_reason.startswith("it takes the value at a place that it computes")
    model = models.get("table")
    assert model.predict({"place": np.array([3], np.int32)})["value"] == 3
    with pytest.raises(InvalidInputError):
        model.predict({"place": np.array([100], np.int32)})

    compiled = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved")).convert()
    (tmp_path / "table.tflite").write_bytes(compiled)
    with pytest.raises(SystemExit, match="at a place that it computes, which LiteRT does not che"):
        add(tmp_path / "models", str(tmp_path / "table.tflite"), "compiled")
