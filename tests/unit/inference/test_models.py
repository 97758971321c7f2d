import json
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.engines import EngineName, LoadedEngine, load_engine
from inference.errors import BrokenModelError, InvalidInputError, ModelNotFoundError
from inference.files import read_file
from inference.golden import preload
from inference.models import METADATA, ModelFolder, load_model
from inference.settings import Verify
from tests.folders import change, change_golden, copy_iris, sign
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
    with pytest.raises(
        BrokenModelError, match=r"model\.tflite is not what metadata\.json describes"
    ):
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


def test_the_first_load_of_one_model_does_not_hold_up_another(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_iris(copy.parent, "slow")
    entered, released = threading.Event(), threading.Event()
    load = load_engine

    def load_slowly(
        name: EngineName, path: Path, sha256: str | None, *, allow_code: bool, **more: Any
    ) -> LoadedEngine:
        if path.parent.name == "slow":
            entered.set()
            assert released.wait(60)
        return load(name, path, sha256, allow_code=allow_code, **more)

    monkeypatch.setattr("inference.loading.load_engine", load_slowly)
    models = ModelFolder(copy.parent)
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(models.get, "slow") for _ in range(2)]
        assert entered.wait(60)
        assert models.get("iris").name == "iris"
        assert not any(waiting.done() for waiting in both)
        released.set()
        first, second = (waiting.result() for waiting in both)
    assert first is second


@pytest.mark.parametrize(
    "error", [MemoryError(), ValueError("/etc/passwd"), RuntimeError("a\nb"), KeyError("x")]
)
def test_any_error_of_an_engine_makes_its_model_broken_and_is_not_tried_again(
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    copy_iris(copy.parent, "other")
    loads: list[str] = []

    def fail(
        _name: EngineName, path: Path, _sha256: str | None, *, allow_code: bool, **more: Any
    ) -> LoadedEngine:
        assert not allow_code
        loads.append(path.parent.name)
        raise error

    models = ModelFolder(copy.parent)
    assert models.get("other").name == "other"
    monkeypatch.setattr("inference.loading.load_engine", fail)
    for _ in range(3):
        with pytest.raises(BrokenModelError):
            models.get("iris")
    assert loads == ["iris"]
    kind = type(error).__name__
    assert models.broken == {
        "iris": f"iris: cannot be loaded: {kind}; the log has the details",
    }
    assert list(models.served) == ["other"]
    assert models.state == (models.served, models.broken)
    assert "no model can be served" not in caplog.text
    (record,) = [record for record in caplog.records if "not served" in record.message]
    assert record.exc_info


def test_the_log_says_when_the_last_model_is_gone(
    copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = ModelFolder(copy.parent)
    (copy / "model.tflite").write_bytes(b"")
    with pytest.raises(BrokenModelError):
        models.get("iris")
    assert not models.ready
    assert "no model can be served" in caplog.text


def test_weights_may_be_overwritten_in_place(copy: Path) -> None:
    """A file that is mapped into memory would end this process with SIGBUS."""
    model = load_model(copy)
    os.truncate(copy / "model.tflite", 0)
    outputs = model.predict({"flower": np.array([[5.1, 3.5, 1.4, 0.2]], np.float32)})
    assert model.metadata.labels[int(outputs["species"].argmax())] == "setosa"
    maps = Path("/proc/self/maps")
    assert not maps.exists() or "model.tflite" not in maps.read_text()


def test_the_digest_is_of_the_bytes_that_are_loaded(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is opened once: nobody can put another one there between check and load."""
    opened: list[Path] = []
    read = read_file

    def count(file: Path) -> bytes:
        opened.append(file)
        return read(file)

    monkeypatch.setattr("inference.engines.litert.read_file", count)
    assert ModelFolder(copy.parent).get("iris").name == "iris"
    assert opened == [copy / "model.tflite"]


def test_the_levels_of_verification(copy: Path) -> None:
    """`digest` does not look at numbers, `none` not even at the file."""

    def answers(verify: Verify) -> bool:
        models = ModelFolder(copy.parent, verify)
        preload(models, "all")
        return list(models.served) == ["iris"]

    def zero(arrays: dict[str, Any]) -> None:
        arrays["serving_default/outputs/species"][:] = 0

    change_golden(copy, zero)
    assert [answers(level) for level in ("replay", "digest", "none")] == [False, True, True]
    with (copy / "model.tflite").open("ab") as file:
        file.write(b"\0")
    assert [answers(level) for level in ("replay", "digest", "none")] == [False, False, True]


def test_a_model_that_is_not_loaded_at_start_has_its_digest_checked(copy: Path) -> None:
    with (copy / "model.tflite").open("ab") as file:
        file.write(b"\0")
    models = ModelFolder(copy.parent, "replay")
    preload(models, "none")
    assert "is not what metadata.json describes" in models.broken["iris"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "more").touch(), "saved_model is not what metadata.json"),
        (lambda folder: (folder / "assets/words.txt").unlink(), "saved_model is not what"),
        (lambda folder: (folder / "assets/words.txt").write_text("b"), "saved_model is not what"),
        (lambda folder: os.mkfifo(folder / "assets/pipe"), "pipe is not a regular file"),
        (lambda folder: (folder / "link").symlink_to(folder), "has a link to a folder"),
        (lambda folder: (folder / "gone").symlink_to("nowhere"), "a link to nothing"),
        (lambda folder: (folder / "loop").symlink_to("loop"), "cannot be read: Too many levels"),
    ],
)
def test_every_file_of_a_saved_model_counts(
    copy: Path, spoil: Callable[[Path], object], message: str
) -> None:
    """Extra, missing or changed; TensorFlow is not even imported."""
    (copy / "saved_model/assets").mkdir(parents=True)
    (copy / "saved_model/assets/words.txt").write_text("a")
    change(copy, engine="tensorflow", file="saved_model")
    sign(copy)
    spoil(copy / "saved_model")
    models = ModelFolder(copy.parent, "replay")
    preload(models, "none")
    assert message in models.broken["iris"]
    with pytest.raises(BrokenModelError, match="saved_model"):
        load_model(copy)
