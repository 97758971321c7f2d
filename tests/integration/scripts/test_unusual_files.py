"""Paths that are no plain files, files that nobody expects, disks that are full: one line each."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from inference.models import read_metadata
from tests import originals
from tests.adding import add
from tests.folders import unprivileged
from tests.processes import REPOSITORY

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "model.keras")
    return folder / "model.keras"


def local_socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "model.h5"))  # such a path has 108 bytes at most
    return folder / "model.h5"


def device(folder: Path) -> Path:
    (folder / "model.h5").symlink_to("/dev/zero")
    return folder / "model.h5"


def saved_model_fifo(folder: Path) -> Path:
    (folder / "saved").mkdir()
    os.mkfifo(folder / "saved/saved_model.pb")
    return folder / "saved"


def fifo_inside(folder: Path) -> Path:
    path, _ = originals.text_saved_model(folder)
    os.mkfifo(path / "assets/words.txt")
    return path


def link_inside(folder: Path) -> Path:
    path, _ = originals.text_saved_model(folder)
    (path / "more").symlink_to("/usr")
    return path


def zero_byte(folder: Path) -> Path:
    return folder / "a\0b"


def long_name(folder: Path) -> Path:
    return folder / ("x" * 300)


def link_to_itself(folder: Path) -> Path:
    (folder / "model.h5").symlink_to("model.h5")
    return folder / "model.h5"


def archive_with(folder: Path, config: str | bytes) -> Path:
    with zipfile.ZipFile(folder / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", '{"keras_version": "3.0.0"}')
    return folder / "model.keras"


def deep_archive(folder: Path) -> Path:
    return archive_with(folder, "[" * 100_000 + "]" * 100_000)


def less_deep_archive(folder: Path) -> Path:
    """JSON that can be parsed, and that no recursive walk can follow."""
    return archive_with(folder, '{"config": ' * 900 + "1" + "}" * 900)


def huge_archive(folder: Path) -> Path:
    return archive_with(folder, b" " * 65_000_000 + b"{}")


def damaged_archive(folder: Path) -> Path:
    """The compressed bytes of a member are others."""
    path = archive_with(folder, json.dumps({"x": list(range(1000))}))
    content = bytearray(path.read_bytes())
    content[45:145] = b"\xff" * 100
    path.write_bytes(content)
    return path


def unknown_compression(folder: Path) -> Path:
    path = archive_with(folder, "{}")
    content = path.read_bytes()
    place = content.index(b"PK\x01\x02")
    path.write_bytes(content[: place + 10] + b"\x63\x00" + content[place + 12 :])
    return path


def hdf5(folder: Path, write: Callable[[h5py.File], Any]) -> Path:
    with h5py.File(folder / "model.h5", "w") as file:
        write(file)
    return folder / "model.h5"


def deep_hdf5(folder: Path) -> Path:
    deep = "[" * 60_000 + "]"
    return hdf5(folder, lambda file: file.attrs.__setitem__("model_config", deep))


def huge_attribute(folder: Path) -> Path:
    def write(file: h5py.File) -> None:
        file.attrs["model_config"] = "{" * 70_000_000

    return hdf5(folder, write)


def numbers_for_text(folder: Path) -> Path:
    return hdf5(folder, lambda file: file.attrs.__setitem__("model_config", np.zeros(3)))


def circle_of_links(folder: Path) -> Path:
    def write(file: h5py.File) -> None:
        file["model_weights"] = h5py.SoftLink("/other")
        file["other"] = h5py.SoftLink("/model_weights")

    return hdf5(folder, write)


def weights_elsewhere(folder: Path) -> Path:
    originals.r_network(folder)
    link = h5py.ExternalLink(str(folder / "network.h5"), "/")
    return hdf5(folder, lambda file: file.__setitem__("model_weights", link))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (fifo, "model.keras cannot be read: it is no regular file"),
        (local_socket, "model.h5 cannot be read: it is no regular file"),
        (device, "model.h5 cannot be read: it is no regular file"),
        (saved_model_fifo, "holds no saved_model.pb"),
        (fifo_inside, "holds words.txt, which is no regular file: refused"),
        (link_inside, "holds a symbolic link, more: refused"),
        (zero_byte, "null byte"),
        (long_name, "File name too long"),
        (link_to_itself, "Too many levels of symbolic links"),
        (deep_archive, "has a config.json that is nested too deep: refused"),
        (less_deep_archive, "model.keras "),
        (huge_archive, "has a configuration of over 64 MB: refused"),
        (damaged_archive, "is a damaged or truncated .keras file"),
        (unknown_compression, "is a damaged or truncated .keras file"),
        (deep_hdf5, "has a model_config that is nested too deep: refused"),
        (huge_attribute, "has a model_config of over 64 MB: refused"),
        (numbers_for_text, "model_config that is not JSON"),
        (circle_of_links, "weights or data without a model"),
        (weights_elsewhere, "weights or data without a model"),
    ],
)
def test_it_is_refused_in_one_line(
    tmp_path: Path, write: Callable[[Path], Path], message: str
) -> None:
    path = write(tmp_path)
    with pytest.raises(SystemExit) as refused:
        add(tmp_path / "models", str(path), "unusual")
    text = str(refused.value)
    assert text.startswith("unusual was not added: ")
    assert message in text
    assert "\n" not in text
    assert not list((tmp_path / "models").glob("*"))


@pytest.mark.parametrize("option", ["--labels", "--examples"])
@pytest.mark.parametrize("write", [fifo, device, long_name])
def test_so_are_the_other_files(tmp_path: Path, write: Callable[[Path], Path], option: str) -> None:
    path, _ = originals.litert_of_one_row(tmp_path)
    with pytest.raises(SystemExit, match=r"unusual was not added: .* cannot be read: "):
        add(tmp_path / "models", str(path), "unusual", f"{option}={write(tmp_path)}")


@pytest.mark.parametrize("option", ["--labels", "--examples"])
def test_deep_json_beside_the_model(tmp_path: Path, option: str) -> None:
    path, _ = originals.keras_archive(tmp_path)
    (tmp_path / "deep.json").write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(SystemExit, match=r"was not added: .*nested too deep"):
        add(tmp_path / "models", str(path), "flowers", f"{option}={tmp_path / 'deep.json'}")


def test_a_file_that_may_not_be_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # pytest's own folders are closed to other users
        path, _ = originals.keras_archive(Path(name))
        path.chmod(0)
        with unprivileged(), pytest.raises(SystemExit, match="cannot be read: Permission denied"):
            add(Path(name) / "models", str(path), "flowers")


def test_a_file_that_grows_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = originals.keras_archive(tmp_path)
    copyfileobj = shutil.copyfileobj

    def copy_while_it_grows(source: Any, destination: Any, length: int) -> None:
        copyfileobj(source, destination, length)
        with path.open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(shutil, "copyfileobj", copy_while_it_grows)
    with pytest.raises(SystemExit, match=r"flowers.keras changed while it was read"):
        add(tmp_path / "models", str(path), "flowers")
    assert not list((tmp_path / "models").glob("*"))


def test_a_file_larger_than_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3")
    size = 10**13
    try:
        os.truncate(path, size)
    except OSError:
        pytest.skip("this file system has no files with holes of 10 TB")
    with pytest.raises(SystemExit, match=r"has 10000.0 GB, which is more than is free"):
        add(tmp_path / "models", str(path), "large")
    assert not list((tmp_path / "models").glob("*"))


def test_a_name_that_would_move_the_cursor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, _ = originals.keras_archive(tmp_path)
    strange = path.rename(tmp_path / "a\nb\x1b[2J Blüte \udcff.keras")
    add(tmp_path / "models", str(strange), "flowers")
    metadata = read_metadata(tmp_path / "models/flowers")
    assert metadata.provenance
    assert metadata.provenance.source.file == "a_b_[2J Blüte _.keras"
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert printed.startswith("[1/6] reading ")
    assert len([line for line in printed.splitlines() if line.startswith("[")]) == 6
    strange.write_bytes(b"other")
    with pytest.raises(SystemExit) as refused:
        add(tmp_path / "models", str(strange), "flowers")
    assert str(refused.value).isprintable()


def _namespaces() -> bool:
    try:
        return not subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode
    except OSError:
        return False


needs_mounts = pytest.mark.skipif(not _namespaces(), reason="this system lets users mount nothing")


def add_on(mount: str, folder: Path, model: Path) -> subprocess.CompletedProcess[str]:
    """Run the command with a file system of its own at ``folder``."""
    script = f'mount -t tmpfs {mount} tmpfs "$1" && exec "$0" -m scripts.add_model "$2" small \
        --models-dir "$1"; exit 99'
    command = ["unshare", "-Urm", "sh", "-c", script, sys.executable, str(folder), str(model)]
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": ".:layers"},
        capture_output=True,
        text=True,
    )


@needs_mounts
@pytest.mark.parametrize(
    ("mount", "message"),
    [
        ("-o ro", "cannot be written: Read-only file system"),
        ("-o size=8k", "more than is free"),  # not even the copy
        ("-o size=100k", "No space left on device"),  # not the compiled model
    ],
)
def test_a_disk_that_takes_no_model(tmp_path: Path, mount: str, message: str) -> None:
    path, _ = originals.r_network(tmp_path)  # 67 kB
    models = tmp_path / "models"
    models.mkdir()
    done = add_on(mount, models, path)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("small was not added: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
