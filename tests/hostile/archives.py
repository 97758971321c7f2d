"""Zip archives whose members are not what Keras writes."""

import json
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests import originals


def with_member(name: str, content: bytes = b"out", mode: int = 0) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path, _ = originals.keras_archive(folder)
        member = zipfile.ZipInfo(name)
        member.filename = name  # as it is, also with a backslash
        member.compress_type = zipfile.ZIP_DEFLATED
        member.external_attr = mode << 16
        with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a second member of one name
            archive.writestr(member, content)
        return path

    return write


def encrypted(folder: Path) -> Path:
    """The bit that says so, in the directory's entry of the weights."""
    path, _ = originals.keras_archive(folder)
    content = bytearray(path.read_bytes())
    entry = content.rfind(b"PK\x01\x02", 0, content.rfind(b"model.weights.h5"))
    content[entry + 8] |= 1
    path.write_bytes(bytes(content))
    return path


def of_many_members(folder: Path) -> Path:
    path, _ = originals.keras_archive(folder)
    with zipfile.ZipFile(path, "a") as archive:
        for place in range(10_001):
            archive.writestr(f"assets/{place}", "")
    return path


def rewritten(
    folder: Path, change: Callable[[dict[str, object]], object], name: str = "changed.keras"
) -> Path:
    """A small archive with another configuration; ``change`` works in place."""
    path, _ = originals.keras_archive(folder)
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(folder / name, "w") as after:
        for member in before.namelist():
            content = before.read(member)
            if member == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            after.writestr(member, content)
    path.unlink()
    return folder / name


_OUT = "a path out of its folder: refused"
CASES = {
    "zip bomb": (
        with_member("assets/zeros", bytes(300_000_000)),
        "would unpack to 0.3 GB: refused",
    ),
    "parent folder": (with_member("../../escaped.txt"), _OUT),
    "parent folder of assets": (with_member("assets/../../escaped.txt"), _OUT),
    "absolute path": (with_member("/escaped.txt"), _OUT),
    "drive letter": (with_member("C:/escaped.txt"), _OUT),
    "backslashes": (with_member("..\\escaped.txt"), _OUT),
    "second configuration": (with_member("config.json", b"{}"), "two members of one name"),
    "second configuration in capitals": (with_member("Config.json", b"{}"), "of one name"),
    "symbolic link": (
        with_member("assets/stolen", b"/etc/passwd", stat.S_IFLNK | 0o777),
        "a symbolic link, assets/stolen: refused",
    ),
    "pickled weights": (with_member("model.weights.npz"), "which Keras does not write: refused"),
    "another member": (with_member("run.py"), "run.py, which Keras does not write: refused"),
    "encrypted": (encrypted, "is encrypted"),
    "many members": (of_many_members, "members: refused"),
}
