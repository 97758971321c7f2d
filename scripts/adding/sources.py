"""The kind of model that a file or folder holds, told by its content and never by its name."""

import json
import os
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import h5py

Kind = Literal["Keras 3", "legacy Keras", "SavedModel", "LiteRT"]
Container = Literal["HDF5", "zip", "LiteRT", "SavedModel"]
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"
_LITERT_MAGIC = b"TFL3"  # at byte 4
_JSON_MEMBERS = ("config.json", "metadata.json")
_MAX_JSON_BYTES = 64_000_000
_KERAS_3 = 3
_DAMAGED_ZIP = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError),
    *(ValueError, KeyError, TypeError),
)
_DECORATION = re.compile(r"\x1b\[\d*m|\{\{[^}]*\}\} ?")  # colours, and names of graph nodes


class SourceError(Exception):
    """A model cannot be added. The text is one line: the problem, and what to do about it."""


def reason_of(error: Exception, limit: int = 200) -> str:
    """The line of an error's text that says what went wrong; the error itself if it has no text.

    Keras writes first which layer was called, then what TensorFlow said, in colour.
    """
    text = _DECORATION.sub("", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [repr(error)]
    if len(lines) > 1 and lines[0].startswith("Exception encountered when calling"):
        return lines[1][:limit]
    return lines[0][:limit]


@dataclass(frozen=True)
class Source:
    """The file or folder that a user gave."""

    path: Path
    kind: Kind
    suffix: str  # the file name's ending that the library which reads it expects
    producer: dict[str, str]  # the program that wrote it, and its version
    architecture: Any = None  # Keras' configuration, parsed from JSON

    def __str__(self) -> str:
        """The kind and the producer, for a progress line."""
        written_by = " ".join(f"{program} {version}" for program, version in self.producer.items())
        return f"a {self.kind} model" + (f", written by {written_by}" if written_by else "")


def one_line(text: str) -> str:
    """A text for the terminal: no line ends, nothing that moves the cursor or changes colours."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def container_of(path: Path) -> Container:
    """What the first bytes say, without reading on.

    Raises :class:`SourceError` if the path holds no model.
    """
    if path.is_dir():
        if not (path / "saved_model.pb").is_file():
            raise SourceError(
                f"the folder {path.name} is not a SavedModel: it holds no saved_model.pb"
            )
        return "SavedModel"
    with open_regular(path) as file:
        start = file.read(8)
    if start == _HDF5_MAGIC:
        return "HDF5"
    if start.startswith(_ZIP_MAGIC):
        return "zip"
    if start[4:] == _LITERT_MAGIC:
        return "LiteRT"
    raise SourceError(
        f"{path.name} is not a model: expected a .keras, HDF5 or .tflite file, "
        "or a SavedModel folder"
    )


def open_regular(path: Path) -> BinaryIO:
    """A file, open for reading. Raises :class:`SourceError` for anything else than a file.

    To open a FIFO waits for a writer, and to open a device may act on it.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError(f"{path.name} cannot be read: it is no regular file")
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        reason = error.strerror if isinstance(error, OSError) else error
        raise SourceError(f"{path.name} cannot be read: {reason}") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SourceError(f"{path.name} cannot be read: it is no regular file")
    return file


def identify(path: Path) -> Source:
    """Read what tells the kind, without loading the model.

    Raises :class:`SourceError` if the path holds no model.
    """
    match container_of(path):
        case "SavedModel":
            return Source(path, "SavedModel", "", {})
        case "HDF5":
            return _hdf5(path)
        case "zip":
            return _keras_archive(path)
        case "LiteRT":
            return Source(path, "LiteRT", ".tflite", {})


def _keras_archive(path: Path) -> Source:
    try:
        with zipfile.ZipFile(path) as archive:
            if set(_JSON_MEMBERS) - set(archive.namelist()):
                raise SourceError(f"{path.name} is a zip archive, but not a .keras model")
            if max(archive.getinfo(name).file_size for name in _JSON_MEMBERS) > _MAX_JSON_BYTES:
                raise SourceError(f"{path.name} has a configuration of over 64 MB: refused")
            architecture = _json(path, "config.json", archive.read("config.json"))
            metadata = _json(path, "metadata.json", archive.read("metadata.json"))
            version = str(metadata["keras_version"])
    except _DAMAGED_ZIP as error:
        raise SourceError(f"{path.name} is a damaged or truncated .keras file") from error
    return Source(path, "Keras 3", ".keras", {"keras": version}, architecture)


def _hdf5(path: Path) -> Source:
    try:
        with h5py.File(path, "r") as file:
            # Keras 3 writes both on the file, old versions beside the weights.
            groups = [file, *_hard_linked(file, "model_weights")]
            config = _attribute(path, groups, "model_config")
            version = _attribute(path, groups, "keras_version")
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise SourceError(f"{path.name} is a damaged or truncated HDF5 file") from error
    if config is None:
        raise SourceError(
            f"{path.name} holds weights or data without a model; save the whole model, "
            "with model.save('model.keras') or, in R, save_model_hdf5(model, 'model.h5')"
        )
    try:
        architecture = _json(path, "model_config", config)
    except ValueError as error:
        raise SourceError(f"{path.name} has a model_config that is not JSON") from error
    # Keras 1 wrote no version. Keras 3 changed the meaning of old words, such as `hard_sigmoid`.
    version = version or "1"
    kind: Kind = "Keras 3" if _major(version) >= _KERAS_3 else "legacy Keras"
    return Source(path, kind, ".h5", {"keras": version}, architecture)


def _hard_linked(file: h5py.File, name: str) -> list[h5py.Group]:
    """The group, unless a link leads to it: into another file, or in a circle."""
    is_hard = isinstance(file.get(name, getlink=True), h5py.HardLink)
    return [file[name]] if is_hard else []


def _attribute(path: Path, groups: list[h5py.Group], name: str) -> str | None:
    """The text of the first group that has the attribute."""
    for group in groups:
        if name in group.attrs:
            if group.attrs.get_id(name).get_storage_size() > _MAX_JSON_BYTES:
                raise SourceError(f"{path.name} has a {name} of over 64 MB: refused")
            return _text(group.attrs[name])
    return None


def _json(path: Path, place: str, text: str | bytes) -> Any:
    if len(text) > _MAX_JSON_BYTES:
        raise SourceError(f"{path.name} has a {place} of over 64 MB: refused")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise SourceError(f"{path.name} has a {place} that is nested too deep: refused") from error


def _major(version: str) -> int:
    number = version.split(".", maxsplit=1)[0]
    return int(number) if number.isdecimal() else 1


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
