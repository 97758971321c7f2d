"""Damaged and hostile files: an error of one line, nothing written, nothing run."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.adding.old_forms import in_present_form, write_copy
from scripts.adding.sources import identify
from tests import hostile, originals
from tests.adding import add
from tests.hostile import damaged, keras_configs, legacy_configs
from tests.hostile.marks import MARKER

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")


@pytest.mark.parametrize(("write", "message"), hostile.EVERY.values(), ids=hostile.EVERY)
def test_it_is_refused_in_one_line(
    tmp_path: Path, write: Callable[[Path], Path], message: str
) -> None:
    path = write(tmp_path)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as refused:
        add(tmp_path / "models", str(path), "hostile")
    text = str(refused.value)
    assert text.startswith("hostile was not added: ")
    assert message in text
    assert "\n" not in text
    assert len(text) < 1_000
    assert not (tmp_path / MARKER).exists()
    assert {file for file in tmp_path.rglob("*") if file.is_file()} <= before
    assert not list((tmp_path / "models").glob("*"))


def test_a_failure_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    path, _ = originals.keras_archive(tmp_path)
    add(tmp_path / "models", str(path), "flowers")
    before = {
        file: file.read_bytes() for file in (tmp_path / "models").rglob("*") if file.is_file()
    }
    with pytest.raises(SystemExit):
        add(tmp_path / "models", str(damaged.truncated_archive(tmp_path)), "flowers")
    after = {file: file.read_bytes() for file in (tmp_path / "models").rglob("*") if file.is_file()}
    assert after == before


def test_code_runs_only_where_it_is_allowed(tmp_path: Path) -> None:
    models = tmp_path / "models"
    add(models, str(legacy_configs.legacy_lambda(tmp_path)), "lambda", "--allow-code")
    assert (models / "lambda/metadata.json").exists()
    path, _ = originals.custom_layer(tmp_path)
    with pytest.raises(SystemExit, match="--custom-objects MODULE:Scaled"):
        add(models, str(path), "custom")
    add(models, str(path), "custom", "--custom-objects=tests.originals:Scaled")
    assert (models / "custom/metadata.json").exists()


def test_code_in_a_loss_is_never_loaded(tmp_path: Path) -> None:
    path = keras_configs.with_layer(keras_configs.lambda_in_a_loss)(tmp_path)
    source = in_present_form(identify(path))
    assert source.is_converted
    assert "Lambda" not in json.dumps(source.architecture)
    write_copy(source, tmp_path / "copy.keras")
    with zipfile.ZipFile(tmp_path / "copy.keras") as copy:
        assert json.loads(copy.read("config.json")) == source.architecture
    add(tmp_path / "models", str(path), "flowers")
    assert not (tmp_path / MARKER).exists()


@pytest.mark.parametrize("name", ["a/b", "../x", ".hidden", "1st", "", "a b"])
def test_a_name_that_is_no_address_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SystemExit, match="of which the first is a letter"):
        add(tmp_path / "models", "anything", name)


def test_a_model_with_code_of_its_own_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "models/mine").mkdir(parents=True)
    (tmp_path / "models/mine/network.py").write_text("")
    with pytest.raises(SystemExit, match="choose another name"):
        add(tmp_path / "models", "anything", "mine")
