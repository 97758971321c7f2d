import shutil
from pathlib import Path

import numpy as np
import pytest

from inference.errors import BrokenModelError
from inference.golden import GOLDEN, Call, first_rows, pack, preload, replay, replay_all, unpack
from inference.models import ModelFolder, load_model
from inference.signatures import Signature, TensorSpec
from tests.processes import MODELS


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of models that a test may break."""
    shutil.copytree(MODELS, tmp_path / "models")
    return tmp_path / "models"


def test_calls_come_back_as_they_were(tmp_path: Path) -> None:
    call = Call(
        {"text": np.array([b"a", b"longer"], object), "x": np.array([[1.5]], np.float32)},
        {"y": np.array([np.nan, np.inf])},
    )
    np.savez(tmp_path / GOLDEN, allow_pickle=False, **pack({"serving_default": call}))
    again = unpack(tmp_path / GOLDEN)["serving_default"]
    for before, after in ((call.inputs, again.inputs), (call.outputs, again.outputs)):
        assert before.keys() == after.keys()
        for name, array in before.items():
            assert after[name].dtype == array.dtype
            np.testing.assert_array_equal(after[name], array)


def test_golden_outputs_are_still_answered(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(load_model(MODELS / "iris"), MODELS / "iris" / GOLDEN) < 1e-4
    replay_all(MODELS)
    assert "iris: golden outputs match" in capsys.readouterr().out


def test_another_answer_than_the_golden_one_is_noticed(models: Path) -> None:
    with np.load(models / "iris" / GOLDEN) as archive:
        arrays = dict(archive)
    arrays["serving_default/outputs/species"] += np.float32(0.01)
    np.savez_compressed(models / "iris" / GOLDEN, allow_pickle=False, **arrays)
    with pytest.raises(BrokenModelError, match=r"serving_default .*species differs by 1\.00e-02"):
        replay(load_model(models / "iris"), models / "iris" / GOLDEN)


def test_a_call_is_cut_to_its_first_rows_where_outputs_have_rows() -> None:
    def spec(*shape: int) -> TensorSpec:
        return TensorSpec(dtype="float32", shape=shape)

    call = Call({"x": np.arange(3), "fixed": np.arange(3)}, {"y": np.arange(3)})
    inputs = {"x": spec(-1), "fixed": spec(3)}
    cut = first_rows(call, Signature(inputs=inputs, outputs={"y": spec(-1)}), 2)
    assert [len(array) for array in cut.inputs.values()] == [2, 3]
    assert len(cut.outputs["y"]) == 2
    assert first_rows(call, Signature(inputs=inputs, outputs={"y": spec()}), 2) is call


def test_a_folder_without_models_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay_all(tmp_path)
    assert "holds no model yet" in capsys.readouterr().out


def test_a_broken_folder_is(models: Path) -> None:
    (models / "empty").mkdir()
    with pytest.raises(SystemExit, match="empty: has no metadata"):
        replay_all(models)


def test_a_model_that_does_not_load_is_reported_once_it_was_tried(models: Path) -> None:
    (models / "iris/model.tflite").write_bytes(b"not a model")
    folder = ModelFolder(models, verify="none")
    preload(folder, "none")
    assert list(folder.served) == ["iris"]
    preload(folder, "litert")
    assert folder.served == {}
    assert folder.broken == {"iris": "iris: model.tflite is not a LiteRT model"}
    with pytest.raises(BrokenModelError):
        folder.get("iris")
