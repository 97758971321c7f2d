"""Folders with a ``preprocessing.json``: served, and every way to break one with its reason."""

import json
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.calls import read_calls
from inference.digests import digest_of
from inference.errors import BrokenModelError
from inference.models import ModelFolder, load_model
from inference.preprocessing.pipeline import MOST_BYTES
from tests.folders import change, copy_iris

FILE = "preprocessing.json"
STEP = {"layer": "Rescaling", "inputs": ["flower"], "output": "scaled", "scale": 1.0}
CONTENT = {"steps": [STEP], "feeds": {"flower": "scaled"}}
Break = Callable[[Path], object]


def preprocessed(models: Path, content: Any = None) -> Path:
    """The tests' own model behind a step that changes nothing."""
    folder = copy_iris(models)
    (folder / FILE).write_text(json.dumps(CONTENT if content is None else content))
    sign(folder)
    return folder


def sign(folder: Path) -> None:
    change(folder, preprocessing={"file": FILE, "sha256": digest_of(folder / FILE)})


def resigned(content: Any) -> Break:
    """Broken by whoever made the whole folder."""

    def apply(folder: Path) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / FILE).write_text(text)
        sign(folder)

    return apply


def named(file: str) -> Break:
    return lambda folder: change(folder, preprocessing={"file": file, "sha256": "0"})


def fifo(folder: Path) -> None:
    (folder / FILE).unlink()
    os.mkfifo(folder / FILE)


def huge(folder: Path) -> None:
    os.truncate(folder / FILE, MOST_BYTES + 1)


def vocabulary(words: int) -> dict[str, Any]:
    step = {"layer": "StringLookup", "inputs": ["flower"], "output": "scaled"}
    return {"steps": [step | {"vocabulary": ["[UNK]"] + [""] * words}], "feeds": CONTENT["feeds"]}


BROKEN: dict[str, tuple[Break, str]] = {
    "missing": (lambda folder: (folder / FILE).unlink(), "iris: preprocessing.json is missing"),
    "changed": (
        lambda folder: (folder / FILE).write_text(json.dumps(CONTENT) + " "),
        "iris: preprocessing.json is not what metadata.json describes",
    ),
    "fifo": (fifo, "iris: preprocessing.json is not a regular file"),
    "huge": (huge, f"iris: preprocessing.json has {MOST_BYTES + 1} bytes"),
    "no_digest": (
        lambda folder: change(folder, preprocessing={"file": FILE}),
        "metadata.json, preprocessing.sha256: Field required",
    ),
    "above": (named("../preprocessing.json"), "must be the name of a file"),
    "absolute": (named("/etc/passwd"), "must be the name of a file"),
    "text": (resigned("no JSON"), "preprocessing.json, .*Invalid JSON"),
    "deep": (resigned("[" * 100_000), "preprocessing.json, .*Invalid JSON"),
    "list": (resigned([]), "preprocessing.json"),
    "unknown_layer": (
        resigned({"steps": [STEP | {"layer": "Lambda"}], "feeds": CONTENT["feeds"]}),
        "preprocessing.json, steps.0",
    ),
    "unknown_option": (
        resigned({"steps": [STEP | {"code": "1"}], "feeds": CONTENT["feeds"]}),
        "preprocessing.json, steps.0",
    ),
    "unknown_input": (
        resigned({"steps": [STEP | {"inputs": ["tree"]}], "feeds": CONTENT["feeds"]}),
        "preprocessing.json has a step Rescaling that takes 'tree', but neither the model nor",
    ),
    "two_of_a_name": (
        resigned({"steps": [STEP | {"output": "flower"}], "feeds": {"flower": "flower"}}),
        "preprocessing.json has two tensors named 'flower'",
    ),
    "unknown_tensor": (
        resigned({"steps": [STEP], "feeds": {"flower": "tree"}}),
        "preprocessing.json feeds 'tree', but neither the model nor a step has that tensor",
    ),
    "other_input": (
        resigned({"steps": [STEP], "feeds": {"tree": "scaled"}}),
        "preprocessing.json feeds the inputs 'tree', but the engine takes 'flower'",
    ),
    "no_feeds": (
        resigned({"steps": [STEP], "feeds": {}}),
        "preprocessing.json feeds the inputs nothing, but the engine takes 'flower'",
    ),
    "other_numbers": (
        resigned({"steps": [STEP | {"scale": 2.0}], "feeds": CONTENT["feeds"]}),
        "species differs by",
    ),
    "other_dtype": (
        resigned({"steps": [STEP | {"dtype": "float64"}], "feeds": CONTENT["feeds"]}),
        "the model cannot compute with these values",
    ),
    "text_for_numbers": (resigned(vocabulary(10)), "iris"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_preprocessing_has_its_reason(tmp_path: Path, name: str) -> None:
    breaks, reason = BROKEN[name]
    breaks(preprocessed(tmp_path))
    models = ModelFolder(tmp_path, verify="replay")
    if "iris" in models.served:
        with pytest.raises(BrokenModelError):
            models.get("iris")
    assert re.search(reason, models.broken["iris"]), models.broken
    assert str(tmp_path) not in models.broken["iris"]


def test_a_large_vocabulary_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """A million words are read, and still the step cannot take numbers."""
    resigned(vocabulary(1_000_000))(preprocessed(tmp_path))
    models = ModelFolder(tmp_path, verify="replay")
    with pytest.raises(BrokenModelError):
        models.get("iris")


def test_the_digest_is_compared_without_loading_the_model(tmp_path: Path) -> None:
    folder = preprocessed(tmp_path)
    models = ModelFolder(tmp_path, verify="digest")
    models.check_digest("iris")
    assert not models.broken
    (folder / FILE).write_text("{}")
    models.check_digest("iris")
    assert "preprocessing.json is not what metadata.json describes" in models.broken["iris"]


def test_no_digest_is_compared_where_nothing_is_verified(tmp_path: Path) -> None:
    folder = preprocessed(tmp_path)
    (folder / FILE).write_text(json.dumps(CONTENT, indent=2))
    assert ModelFolder(tmp_path, verify="none").get("iris")


def test_steps_run_before_the_engine_in_many_threads(tmp_path: Path) -> None:
    doubled = {"steps": [STEP | {"scale": 2.0}], "feeds": CONTENT["feeds"]}
    model = load_model(preprocessed(tmp_path / "doubled", doubled))
    plain = load_model(copy_iris(tmp_path / "plain"))
    (call,) = read_calls(tmp_path / "plain/iris", plain.metadata).values()
    flowers = [call.inputs["flower"] * place for place in np.linspace(0.1, 2, 40, dtype=np.float32)]
    expected = [plain.predict({"flower": 2 * flower})["species"] for flower in flowers]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda flower: model.predict({"flower": flower}), flowers))
    for answer, right in zip(answers, expected, strict=True):
        np.testing.assert_array_equal(answer["species"], right)
