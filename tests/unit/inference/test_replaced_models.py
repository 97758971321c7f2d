"""``add-model`` puts another version in place while a server starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from inference.digests import sha256
from inference.engines import EngineName, LoadedEngine, load_engine
from inference.models import ModelFolder
from tests.folders import copy_iris
from tests.processes import MODELS


def test_a_model_that_is_replaced_between_two_readings_is_served_in_its_new_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copy_iris(tmp_path)
    models = ModelFolder(tmp_path)
    metadata = json.loads((copy / "metadata.json").read_text())
    metadata |= {"version": 7}
    other = b"another file"
    metadata["provenance"]["served"]["sha256"] = sha256(other)
    (copy / "model.tflite").write_bytes(other)
    load = load_engine

    def replace_then_load(
        name: EngineName, path: Path, expected: str | None, *, allow_code: bool, **more: Any
    ) -> LoadedEngine:
        """What another process does while the file is being read."""
        if expected != sha256(other):
            (copy / "metadata.json").write_text(json.dumps(metadata))
            return load(name, path, expected, allow_code=allow_code, **more)
        return load(name, MODELS / "iris/model.tflite", None, allow_code=allow_code, **more)

    monkeypatch.setattr("inference.loading.load_engine", replace_then_load)
    assert models.get("iris").metadata.version == 7
    assert models.served["iris"].version == 7
    assert not models.broken
