from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from functions.endpoints.pet_names.drawing import draw_names
from functions.endpoints.pet_names.query import NamesQuery
from inference.errors import BrokenModelError
from inference.models import ModelFolder


def test_threads_do_not_disturb_each_other(names_models: ModelFolder) -> None:
    def draw(seed: int) -> list[str]:
        names: list[str] = draw_names(names_models, NamesQuery(count=50, seed=seed)).names
        return names

    alone = [draw(seed) for seed in range(20)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(draw, range(20))) == alone


def test_the_readmes_names(names_models: ModelFolder) -> None:
    drawing = draw_names(names_models, NamesQuery(count=3, species="cat", seed=7))
    assert drawing.names == ["Phoebe", "Little Bito", "Carsles"]
    assert drawing.seed == 7
    assert drawing.model_milliseconds > 0


def test_a_model_without_its_alphabet_is_broken(tmp_path: Path, names_models: ModelFolder) -> None:
    (tmp_path / "pet_names").mkdir()
    for file in (names_models.directory / "pet_names").iterdir():
        if file.suffix in (".json", ".tflite", ".npz") and file.name != "drawing.json":
            (tmp_path / "pet_names" / file.name).write_bytes(file.read_bytes())
    models = ModelFolder(tmp_path)
    assert models.get("pet_names").name == "pet_names"
    with pytest.raises(BrokenModelError, match=r"drawing\.json is missing or damaged"):
        draw_names(models, NamesQuery())
