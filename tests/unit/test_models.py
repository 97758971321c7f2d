import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inference.errors import BrokenModelError, InvalidInputError, ModelNotFoundError
from inference.golden import GOLDEN, preload, replay
from inference.models import METADATA, ModelFolder, load_model
from model.pet_names import FOLDER


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A model folder that a test may break."""
    for name in (METADATA, GOLDEN, "model.tflite"):
        (tmp_path / "pet_names").mkdir(exist_ok=True)
        shutil.copy(FOLDER / name, tmp_path / "pet_names" / name)
    return tmp_path / "pet_names"


def test_golden_outputs_are_still_answered() -> None:
    assert replay(load_model(FOLDER), FOLDER / GOLDEN) < 1e-4


def test_another_answer_than_the_golden_one_is_noticed(copy: Path) -> None:
    with np.load(copy / GOLDEN) as archive:
        arrays = dict(archive)
    arrays["next_character/outputs/probabilities"] += np.float32(0.01)
    np.savez_compressed(copy / GOLDEN, **arrays)
    with pytest.raises(BrokenModelError, match="next_character/probabilities"):
        replay(load_model(copy), copy / GOLDEN)


def test_inputs_are_checked_against_the_signature() -> None:
    model = load_model(FOLDER)
    tokens = np.array([[31, 1]], np.int32)
    with pytest.raises(InvalidInputError, match="no signature 'classify'"):
        model.predict({"characters": tokens}, signature="classify")
    with pytest.raises(InvalidInputError, match="wants \\['characters'\\]"):
        model.predict({"letters": tokens}, signature="next_character")
    with pytest.raises(InvalidInputError, match=r"int32\[2\].*wants int32\[-1, -1\]"):
        model.predict({"characters": tokens[0]}, signature="next_character")
    with pytest.raises(InvalidInputError, match="float64"):
        model.predict({"characters": tokens.astype(float)}, signature="next_character")


def test_a_broken_folder_says_what_is_wrong(copy: Path) -> None:
    (copy / "model.tflite").write_bytes(b"not a model")
    with pytest.raises(BrokenModelError, match=r"model\.tflite is not a LiteRT model"):
        load_model(copy)
    (copy / METADATA).write_text(json.dumps({"name": "pet_names"}))
    with pytest.raises(BrokenModelError, match="version: Field required"):
        load_model(copy)
    (copy / METADATA).write_text("{")
    with pytest.raises(BrokenModelError, match="Invalid JSON"):
        load_model(copy)
    (copy / METADATA).unlink()
    with pytest.raises(BrokenModelError, match=r"no metadata\.json"):
        load_model(copy)


def test_models_are_found_by_name_and_kept(copy: Path) -> None:
    models = ModelFolder(copy.parent)
    assert list(models.described) == ["pet_names"]
    assert models.get("pet_names") is models.get("pet_names")
    for name in ("other", "..", "../pet_names", ""):
        with pytest.raises(ModelNotFoundError):
            models.get(name)


def test_a_broken_folder_is_reported_and_does_not_take_the_others_down(copy: Path) -> None:
    broken = {
        "empty": "empty: has no metadata.json",
        "misnamed": "misnamed: metadata.json is of a model named 'pet_names'",
        "nofile": "nofile: model.tflite is missing",
    }
    for name in broken:
        (copy.parent / name).mkdir()
    shutil.copy(copy / METADATA, copy.parent / "misnamed" / METADATA)
    renamed = json.loads((copy / METADATA).read_text()) | {"name": "nofile"}
    (copy.parent / "nofile" / METADATA).write_text(json.dumps(renamed))
    models = ModelFolder(copy.parent)
    assert models.broken == broken
    assert list(models.described) == ["pet_names"]
    assert models.get("pet_names").name == "pet_names"
    with pytest.raises(BrokenModelError, match="nofile"):
        models.get("nofile")


def test_a_model_that_does_not_load_is_reported_once_it_was_tried(copy: Path) -> None:
    (copy / "model.tflite").write_bytes(b"not a model")
    models = ModelFolder(copy.parent)
    preload(models, "none")
    assert not models.broken
    preload(models, "litert")
    assert models.broken == {"pet_names": "pet_names: model.tflite is not a LiteRT model"}
    with pytest.raises(BrokenModelError):
        models.get("pet_names")


def test_a_missing_directory_serves_nothing(tmp_path: Path) -> None:
    assert ModelFolder(tmp_path / "nowhere").described == {}
