import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inference.errors import BrokenModelError, InvalidInputError, ModelNotFoundError
from inference.models import METADATA, ModelFolder, load_model
from tests.processes import MODELS


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A model folder that a test may break."""
    shutil.copytree(MODELS / "iris", tmp_path / "iris")
    return tmp_path / "iris"


def test_a_model_answers() -> None:
    model = load_model(MODELS / "iris")
    outputs = model.predict({"flower": np.array([[5.1, 3.5, 1.4, 0.2]], np.float32)})
    assert model.metadata.labels[int(outputs["species"].argmax())] == "setosa"
    assert outputs["species"].sum() == pytest.approx(1)


def test_an_empty_batch_has_an_empty_answer() -> None:
    outputs = load_model(MODELS / "iris").predict({"flower": np.zeros((0, 4), np.float32)})
    assert outputs["species"].shape == (0, 3)


def test_inputs_are_checked_against_the_signature() -> None:
    model = load_model(MODELS / "iris")
    flower = np.zeros((1, 4), np.float32)
    with pytest.raises(InvalidInputError, match="no signature 'classify'"):
        model.predict({"flower": flower}, signature="classify")
    with pytest.raises(InvalidInputError, match=r"wants \['flower'\]"):
        model.predict({"tree": flower})
    with pytest.raises(InvalidInputError, match=r"float32\[4\].*wants float32\[-1, 4\]"):
        model.predict({"flower": flower[0]})
    with pytest.raises(InvalidInputError, match="float64"):
        model.predict({"flower": flower.astype(float)})


def test_no_limit_of_http_stands_in_the_way_of_a_large_answer() -> None:
    rows = np.zeros((1_100_000, 4), np.float32)
    assert load_model(MODELS / "iris").predict({"flower": rows})["species"].size == 3_300_000


def test_a_broken_folder_says_what_is_wrong(copy: Path) -> None:
    (copy / "model.tflite").write_bytes(b"not a model")
    with pytest.raises(BrokenModelError, match=r"model\.tflite is not a LiteRT model"):
        load_model(copy)
    (copy / METADATA).write_text(json.dumps({"name": "iris"}))
    with pytest.raises(BrokenModelError, match="version: Field required"):
        load_model(copy)
    (copy / METADATA).write_text("{")
    with pytest.raises(BrokenModelError, match="Invalid JSON"):
        load_model(copy)
    (copy / METADATA).unlink()
    with pytest.raises(BrokenModelError, match=r"no metadata\.json"):
        load_model(copy)


def test_models_are_known_by_name_and_kept(copy: Path) -> None:
    models = ModelFolder(copy.parent)
    assert list(models.served) == ["iris"]
    assert models.get("iris") is models.get("iris")
    for name in ("other", "..", "../iris", ""):
        with pytest.raises(ModelNotFoundError):
            models.get(name)
        with pytest.raises(ModelNotFoundError):
            models.describe(name)


def test_a_broken_folder_is_reported_and_does_not_take_the_others_down(copy: Path) -> None:
    broken = {
        "empty": "empty: has no metadata.json",
        "misnamed": "misnamed: metadata.json is of a model named 'iris'",
        "nofile": "nofile: model.tflite is missing",
    }
    for name in broken:
        (copy.parent / name).mkdir()
    shutil.copy(copy / METADATA, copy.parent / "misnamed" / METADATA)
    renamed = json.loads((copy / METADATA).read_text()) | {"name": "nofile"}
    (copy.parent / "nofile" / METADATA).write_text(json.dumps(renamed))
    models = ModelFolder(copy.parent)
    assert models.broken == broken
    assert list(models.served) == ["iris"]
    assert models.get("iris").name == "iris"
    with pytest.raises(BrokenModelError, match="nofile"):
        models.get("nofile")


def test_a_model_is_either_served_or_broken(copy: Path) -> None:
    (copy / "model.tflite").write_bytes(b"not a model")
    models = ModelFolder(copy.parent)
    assert (list(models.served), list(models.broken)) == (["iris"], [])
    with pytest.raises(BrokenModelError):
        models.get("iris")
    assert (list(models.served), list(models.broken)) == ([], ["iris"])
    with pytest.raises(BrokenModelError):
        models.describe("iris")


def test_a_missing_directory_serves_nothing(tmp_path: Path) -> None:
    models = ModelFolder(tmp_path / "nowhere")
    assert (models.served, models.broken) == ({}, {})
