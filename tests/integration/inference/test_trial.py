"""Models that end or hold up the process that loads them, tried in a real child."""

import random
import sys
from collections import Counter
from pathlib import Path

import pytest

from inference import attempt, trial
from inference.errors import BrokenModelError
from inference.golden import preload, replay_all
from inference.models import ModelFolder
from inference.settings import Verify
from tests.folders import change, copy_iris, sign
from tests.processes import MODELS

SERVED = "model.tflite"
MUTATIONS = 60


def mutate(content: bytes, seed: int) -> bytes:
    """A few bytes are others."""
    chosen = random.Random(seed)
    mutated = bytearray(content)
    for _ in range(chosen.choice((1, 1, 2, 4))):
        place = chosen.randrange(len(mutated))
        mutated[place] ^= chosen.randrange(1, 256)
    return bytes(mutated)


def with_faults(folder: Path, faults: dict[str, str]) -> Path:
    """The child's own code, but for these models a statement runs first; as a folder of layers."""
    package = folder / ".layers/inference"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"__path__.append({str(Path(trial.__file__).parent)!r})\n")
    source = Path(attempt.__file__).read_text()
    before = '    """Why a model is broken, or None."""\n'
    assert before in source
    statements = "".join(
        f"    if folder.name == {name!r}:\n        {fault}\n" for name, fault in faults.items()
    )
    (package / "attempt.py").write_text(source.replace(before, before + statements))
    return package.parent


@pytest.fixture(scope="module")
def mutated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many damaged files beside a whole one, all with the metadata of the whole one."""
    models: Path = tmp_path_factory.mktemp("mutated")
    copy_iris(models)
    for seed in range(MUTATIONS):
        folder = copy_iris(models, f"m{seed}")
        (folder / SERVED).write_bytes(mutate((folder / SERVED).read_bytes(), seed))
    return models


@pytest.mark.parametrize("verify", ["replay", "digest"])
def test_no_file_that_was_damaged_later_is_loaded(mutated: Path, verify: Verify) -> None:
    models = ModelFolder(mutated, verify)
    preload(models, "all")
    assert list(models.served) == ["iris"]
    assert len(models.broken) == MUTATIONS
    assert all("is not what metadata.json describes" in text for text in models.broken.values())


def test_damaged_files_with_digests_of_their_own_answer_rightly_or_are_broken(
    mutated: Path,
) -> None:
    for folder in mutated.iterdir():
        sign(folder)
    models = ModelFolder(mutated, "trial")
    preload(models, "all")
    assert "iris" in models.served
    assert models.served.keys() | models.broken.keys() == {path.name for path in mutated.iterdir()}
    kinds = Counter(text.split(": ")[1] for text in models.broken.values())
    assert kinds["model.tflite is not a LiteRT model"] > 10, kinds
    assert kinds["the golden outputs of serving_default are not answered"] > 1, kinds


def test_a_child_that_is_ended_names_its_model_and_the_others_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of four end their process, as a damaged file can."""
    names = ["a_aborts", "b_good", "c_exits", "d_good"]
    for name in names:
        copy_iris(tmp_path, name)
    layers = with_faults(tmp_path, {"a_aborts": "os.abort()", "c_exits": "os._exit(3)"})
    monkeypatch.setattr(trial, "_LAYERS", layers)
    broken = trial.find_broken(tmp_path, names)
    assert broken == {
        "a_aborts": "a_aborts: ended the process that tried it, by SIGABRT; add the model again "
        "from its original file, or remove its folder",
        "c_exits": "c_exits: ended the process that tried it, with status 3; add the model again "
        "from its original file, or remove its folder",
    }


def test_a_model_that_computes_without_end_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_iris(tmp_path)
    monkeypatch.setattr(trial, "_LAYERS", with_faults(tmp_path, {"iris": "signal.pause()"}))
    reason = trial.find_broken(tmp_path, ["iris"], seconds=1)["iris"]
    assert reason.startswith("iris: took too long to load and to answer its golden file")


def test_where_no_child_can_be_started_models_are_served_untried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_iris(tmp_path)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    models = ModelFolder(tmp_path, "trial")
    preload(models, "all")
    assert models.get("iris").name == "iris"


@pytest.mark.parametrize("verify", ["trial", "replay"])
def test_a_model_without_a_digest_is_tried_before_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verify
) -> None:
    change(copy_iris(tmp_path), provenance=None)
    asked: list[list[str]] = []

    def refuse(_directory: Path, names: list[str]) -> dict[str, str]:
        asked.append(names)
        return {name: f"{name}: refused" for name in names}

    monkeypatch.setattr(trial, "find_broken", refuse)
    models = ModelFolder(tmp_path, verify)
    with pytest.raises(BrokenModelError, match="iris: refused"):
        models.get("iris")
    models = ModelFolder(tmp_path, verify)
    preload(models, "none")
    assert models.broken == {"iris": "iris: refused"}
    assert asked == [["iris"], ["iris"]]


def test_the_build_of_an_image_fails_with_the_reasons(mutated: Path) -> None:
    with pytest.raises(SystemExit, match=r"m0: .*\nm1: ") as ended:
        replay_all(mutated)
    assert str(MODELS.parent) not in str(ended.value)
