"""What the sandboxed process has written is checked before it is put in place."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inference.models import METADATA
from model.folder import sha256
from scripts.adding.handover import take_over
from scripts.adding.sources import SourceError
from tests.replacing import write_model


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def edit(package: Path) -> None:
        metadata = json.loads((package / METADATA).read_text())
        change(metadata)
        (package / METADATA).write_text(json.dumps(metadata))

    return edit


def link(package: Path) -> None:
    (package / "card.md").unlink()
    (package / "card.md").symlink_to("/etc/passwd")


def second_name(package: Path) -> None:
    (package / "card.md").unlink()
    os.link(package.parent / "given", package / "card.md")


def fifo(package: Path) -> None:
    (package / "golden.npz").unlink()
    os.mkfifo(package / "golden.npz")


def other_content(package: Path) -> None:
    (package / "model.tflite").write_bytes(b"other")


def preprocessing(content: str | None = "{}") -> Callable[[Path], None]:
    """Metadata that record the digest of ``{}``, and a file with this content."""

    def add(package: Path) -> None:
        record = {"file": "preprocessing.json", "sha256": sha256(b"{}")}
        edited(lambda metadata: metadata.update(preprocessing=record))(package)
        if content is not None:
            (package / "preprocessing.json").write_text(content)

    return add


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (preprocessing("{ }"), "a digest of another file"),
        (preprocessing(None), "other files than those of a model"),
        (
            lambda package: (package / "preprocessing.json").write_text("{}"),
            "other files than those of a model",
        ),
        (link, "card.md, which is no file of its own"),
        (second_name, "card.md, which is no file of its own"),
        (fifo, "golden.npz, which is no file of its own"),
        (other_content, "a digest of another file"),
        (lambda package: (package / "network.py").touch(), "other files than those of a model"),
        (lambda package: (package / "example.json").unlink(), "other files than those of a model"),
        (lambda package: (package / METADATA).unlink(), "has no metadata.json"),
        (lambda package: (package / METADATA).write_text("[" * 10**5), "metadata.json"),
        (edited(lambda metadata: metadata.update(name="other")), "a model named 'other'"),
        (edited(lambda metadata: metadata.update(file="../given")), "must be the name of a file"),
        (edited(lambda metadata: metadata.pop("provenance")), "a digest of another file"),
        (
            edited(lambda metadata: metadata["provenance"]["source"].update(sha256="0")),
            "a digest of another file",
        ),
    ],
)
def test_it_is_refused(tmp_path: Path, change: Callable[[Path], None], message: str) -> None:
    package, given = tmp_path / "work/kept", tmp_path / "work/given"
    write_model(package, "content")
    given.write_text("given")
    change(package)
    (tmp_path / "models").mkdir()
    with pytest.raises(SourceError, match="the process that loaded it wrote ") as refused:
        take_over(package, given, tmp_path / "models/kept")
    assert message in str(refused.value)
    assert not list((tmp_path / "models").iterdir())


def test_a_preprocessing_is_taken_over(tmp_path: Path) -> None:
    package, given = tmp_path / "work/kept", tmp_path / "work/given"
    write_model(package, "content")
    given.write_text("given")
    preprocessing()(package)
    (tmp_path / "models").mkdir()
    metadata, _ = take_over(package, given, tmp_path / "models/kept")
    assert metadata.preprocessing
    assert (tmp_path / "models/kept/preprocessing.json").read_text() == "{}"


def test_modes_are_usual(tmp_path: Path) -> None:
    package, given = tmp_path / "work/kept", tmp_path / "work/given"
    write_model(package, "content")
    given.write_text("given")
    (package / "model.tflite").chmod(0o4777)
    package.chmod(0o700)
    (tmp_path / "models").mkdir()
    folder = tmp_path / "models/kept"
    mask = os.umask(0o027)
    try:
        take_over(package, given, folder)
    finally:
        os.umask(mask)
    assert (folder / "model.tflite").stat().st_mode & 0o7777 == 0o640
    assert folder.stat().st_mode & 0o7777 == 0o750
    assert (folder / "original/given").read_text() == "given"
