"""Replaces a model under a kill at every place; run as ``python -m tests.replacing FOLDER WAY``."""

import json
import shutil
import sys
from pathlib import Path

from inference import golden
from inference.models import METADATA, read_metadata
from model import exchange
from model.folder import digest_of, replace_files, sha256, staging
from scripts.adding.handover import take_over
from scripts.adding.package import CARD, EXAMPLE
from tests.killing import killed_at_each_place
from tests.processes import MODELS

_WATCHED = ("model/exchange.py", "model/folder.py", "scripts/adding/handover.py")
_OTHERS = (golden.GOLDEN, EXAMPLE, CARD)


def write_model(folder: Path, content: str) -> None:
    """A folder in which every file says the same: what it serves is ``content``."""
    folder.mkdir(parents=True)
    served = content.encode() * 1000
    (folder / "model.tflite").write_bytes(served)
    for name in _OTHERS:
        (folder / name).write_text(content)
    metadata = json.loads((MODELS / "iris" / METADATA).read_text())
    record = {"sha256": sha256(served), "bytes": len(served)}
    metadata["name"] = folder.name
    metadata["provenance"] |= {
        "served": record,
        "source": {"file": "given", "kind": "Keras 3"} | record | {"sha256": sha256(b"given")},
    }
    (folder / METADATA).write_text(json.dumps(metadata))


def add(models: Path, content: str) -> int:
    """Replace the model ``kept`` as ``add-model`` does; returns its version."""
    with staging(models) as staged:
        write_model(staged / "work/kept", content)
        given = staged / "given"
        given.write_text("given")
        metadata, _ = take_over(staged / "work/kept", given, models / "kept")
        return metadata.version


def export(models: Path, content: str) -> None:
    """Replace all files but one as a model's own export does."""
    write_model(models.parent / "written/kept", content)
    files = {file.name: file.read_bytes() for file in (models.parent / "written/kept").iterdir()}
    replace_files(models / "kept", files)


def content_of(folder: Path) -> str:
    """What the folder serves. Raises :class:`AssertionError` if its files do not say the same."""
    metadata = read_metadata(folder)
    assert metadata.provenance
    assert digest_of(folder / metadata.file) == metadata.provenance.served.sha256
    said = {(folder / name).read_text() for name in _OTHERS if name != CARD}
    assert len(said) == 1, said
    return said.pop()


def main(models: Path, way: str) -> None:
    """Replace "old" by "new", and check after each kill."""
    if way == "two-steps":
        exchange._exchanged = lambda *_: False  # noqa: SLF001
    exchange._sync_tree = lambda *_: None  # noqa: SLF001 - a kill loses nothing that is written
    seen = set()

    def work() -> None:
        if way == "export":
            shutil.rmtree(models.parent / "written", ignore_errors=True)
            export(models, "new")
        else:
            add(models, "new")

    def after() -> None:
        if way == "two-steps":
            exchange.recover(models)
        seen.add(content_of(models / "kept"))
        shutil.rmtree(models / "kept")
        for left in models.glob(".replaced-*"):
            shutil.rmtree(left)
        write_model(models / "kept", "old")
        (models / "kept/network.txt").write_text("stays")

    write_model(models / "kept", "old")
    (models / "kept/network.txt").write_text("stays")
    kills = killed_at_each_place(work, _WATCHED, after)
    assert seen == {"old", "new"}, seen
    with staging(models) as staged:
        assert {path.name for path in models.iterdir()} == {"kept", staged.name}
    sys.stdout.write(str(kills))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
