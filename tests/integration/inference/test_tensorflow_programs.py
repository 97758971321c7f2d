"""The TensorFlow engine refuses a program that does more than compute, before it loads it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inference.engines.tensorflow import TensorFlowEngine
from inference.errors import BrokenModelError
from inference.models import ModelFolder
from tests import originals
from tests.adding import add
from tests.hostile import saved_models
from tests.hostile.marks import MARKER

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")


def test_nothing_runs_when_a_program_is_refused(tmp_path: Path) -> None:
    folder = saved_models.resource("initialized")(tmp_path)
    with pytest.raises(BrokenModelError, match="does more than compute: the operation WriteFile"):
        TensorFlowEngine(folder)
    assert not (tmp_path / MARKER).exists()
    TensorFlowEngine(folder, allow_code=True)
    assert (tmp_path / MARKER).read_text() == "run"  # the file is as hostile as it seems


@pytest.mark.parametrize("name", ["PrintV2 to a file", "WriteFile in a branch"])
def test_what_runs_with_each_request_is_refused(tmp_path: Path, name: str) -> None:
    write, _ = saved_models.CASES[name]
    folder = write(tmp_path)
    with pytest.raises(BrokenModelError, match="add the model again with --allow-code"):
        TensorFlowEngine(folder)
    engine = TensorFlowEngine(folder, allow_code=True)
    engine.run("serving_default", {"x": np.ones(3, np.float32)})
    assert (tmp_path / MARKER).exists()


def test_a_folder_of_models_serves_it_only_if_it_was_added_so(tmp_path: Path) -> None:
    models = tmp_path / "models"
    write, _ = saved_models.CASES["PrintV2"]
    add(models, str(write(tmp_path)), "prints", "--allow-code", "--engine=tensorflow")
    metadata = json.loads((models / "prints/metadata.json").read_text())
    assert metadata["allow_code"] is True
    ModelFolder(models).get("prints")
    (models / "prints/metadata.json").write_text(json.dumps(metadata | {"allow_code": False}))
    changed = ModelFolder(models)
    with pytest.raises(BrokenModelError, match="prints: saved_model does more than compute"):
        changed.get("prints")
    assert "the operation PrintV2" in changed.broken["prints"]


@pytest.mark.parametrize(
    "write", [originals.every_dtype, originals.text_saved_model, originals.legacy_saved_model]
)
def test_what_only_computes_is_loaded(
    tmp_path: Path, write: Callable[[Path], originals.Written]
) -> None:
    path, _ = write(tmp_path)
    assert TensorFlowEngine(path).signatures


def test_a_vocabulary_that_is_an_asset_is_loaded(tmp_path: Path) -> None:
    folder = saved_models.with_vocabulary(tmp_path)
    (tmp_path / "words.txt").unlink()
    answer = TensorFlowEngine(folder).run("serving_default", {"x": np.array([b"cat"], object)})
    assert answer["y"].tolist() == [1]
    add(tmp_path / "models", str(folder), "words")
    metadata = json.loads((tmp_path / "models/words/metadata.json").read_text())
    assert metadata["allow_code"] is False
