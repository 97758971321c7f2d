"""``preprocessing.json``: written, read, refused, and run."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.errors import BrokenModelError
from inference.preprocessing import Preprocessing, read_preprocessing, write_preprocessing
from tests.processes import REPOSITORY
from tests.unit.inference.preprocessing.steps import strings

PIPELINE: dict[str, Any] = {
    "steps": [
        {
            "layer": "StringLookup",
            "inputs": ["color"],
            "output": "number",
            "vocabulary": ["[UNK]", "red"],
        },
        {"layer": "Cast", "inputs": ["number"], "output": "float", "dtype": "float32"},
        {"layer": "Concatenate", "inputs": ["float", "size"], "output": "features"},
    ],
    "feeds": {"x": "features", "raw": "size"},
}


def test_steps_run_one_after_the_other_and_raw_inputs_pass() -> None:
    sizes = np.array([[3], [4]], np.float32)
    inputs = {"color": strings([b"red"], [b"blue"]), "size": sizes}
    fed = Preprocessing.model_validate(PIPELINE).run(inputs)
    assert set(fed) == {"x", "raw"}
    assert fed["x"].tolist() == [[1, 3], [0, 4]]
    assert fed["raw"] is sizes
    assert set(inputs) == {"color", "size"}


def test_the_file_is_read_back(tmp_path: Path) -> None:
    pipeline = Preprocessing.model_validate(PIPELINE)
    file = tmp_path / "preprocessing.json"
    sha256 = write_preprocessing(pipeline, file)
    assert read_preprocessing(file, sha256) == pipeline
    assert read_preprocessing(file) == pipeline
    with pytest.raises(BrokenModelError, match="is not what"):
        read_preprocessing(file, "0" * 64)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Invalid JSON"),
        ('{"steps": [], "feeds": {}, "more": 1}', "more: Extra inputs"),
        ('{"steps": [{"layer": "Own"}], "feeds": {}}', "steps.0: .*Own"),
        (
            json.dumps({"steps": [PIPELINE["steps"][0] | {"sparse": True}], "feeds": {}}),
            "steps.0.StringLookup.sparse: Input should be False",
        ),
    ],
)
def test_a_broken_file_is_refused_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "preprocessing.json"
    file.write_text(content)
    with pytest.raises(BrokenModelError, match=message) as raised:
        read_preprocessing(file)
    assert "\n" not in str(raised.value)


def test_the_package_imports_nothing_heavy() -> None:
    light = {"inference", "numpy", "pydantic", *sys.stdlib_module_names}
    for file in (REPOSITORY / "layers/inference/preprocessing").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert str(node.module).split(".")[0] in light, file
            elif isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= light, file
