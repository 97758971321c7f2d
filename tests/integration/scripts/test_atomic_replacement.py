"""A model is replaced whole or not at all, whatever ends the process, whoever else adds one."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inference.models import read_metadata
from model.folder import replace_files, staging
from tests import replacing
from tests.processes import REPOSITORY


@pytest.mark.parametrize("way", ["add", "two-steps", "export"])
def test_a_kill_at_any_place_leaves_the_old_or_the_new_model(tmp_path: Path, way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.replacing", str(tmp_path / "models"), way],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": ".:layers"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


def test_additions_at_once_get_versions_of_their_own(tmp_path: Path) -> None:
    models = tmp_path / "models"
    with ThreadPoolExecutor(8) as threads:
        contents = [f"content {number}" for number in range(40)]
        versions = list(threads.map(lambda content: replacing.add(models, content), contents))
    assert sorted(versions) == list(range(1, 41))
    last = versions.index(40)
    assert replacing.content_of(models / "kept") == f"content {last}"
    assert read_metadata(models / "kept").version == 40
    assert [path.name for path in models.iterdir()] == ["kept"]


def test_who_starts_meanwhile_finds_a_whole_model(tmp_path: Path) -> None:
    models = tmp_path / "models"
    replacing.add(models, "first")
    ended = threading.Event()

    def replace() -> None:
        for number in range(100):
            replacing.add(models, f"content {number}")
        ended.set()

    with ThreadPoolExecutor(1) as thread:
        adding = thread.submit(replace)
        looks = 0
        while not adding.done():
            read_metadata(models / "kept")  # raises if a file is missing
            looks += 1
        adding.result()
    assert looks > 100


def test_a_staging_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".adding-abandoned").mkdir()
    (tmp_path / ".adding-abandoned/file").touch()
    with staging(tmp_path) as first, staging(tmp_path) as second:
        assert {path.name for path in tmp_path.iterdir()} == {first.name, second.name}
    assert not list(tmp_path.iterdir())


def test_files_that_are_not_replaced_stay(tmp_path: Path) -> None:
    folder = tmp_path / "models/mine"
    (folder / "data").mkdir(parents=True)
    (folder / "network.py").write_text("code")
    (folder / "network.py").chmod(0o640)
    (folder / "link").symlink_to("network.py")
    (folder / "model.tflite").write_text("old")
    (folder / "data/rows.csv").write_text("1,2")
    kept_open = (folder / "model.tflite").open()
    replace_files(folder, {"model.tflite": b"new", "metadata.json": b"{}"})
    with kept_open:
        assert kept_open.read() == "old"
    assert (folder / "model.tflite").read_text() == "new"
    assert (folder / "metadata.json").read_text() == "{}"
    assert (folder / "data/rows.csv").read_text() == "1,2"
    assert (folder / "network.py").stat().st_mode & 0o777 == 0o640
    assert (folder / "network.py").stat().st_nlink == 1
    assert (folder / "link").readlink() == Path("network.py")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]
