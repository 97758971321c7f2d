"""The kind of model that a file or folder holds, told by its content and never by its name."""

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import h5py

Kind = Literal["Keras 3", "legacy Keras", "SavedModel", "LiteRT"]
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"
_LITERT_MAGIC = b"TFL3"  # at byte 4
_JSON_MEMBERS = ("config.json", "metadata.json")
_MAX_JSON_BYTES = 64_000_000
_KERAS_3 = 3
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


def identify(path: Path) -> Source:
    """Read what tells the kind, without loading the model.

    Raises :class:`SourceError` if the path holds no model.
    """
    if path.is_dir():
        return _saved_model(path)
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}") from error
    if start == _HDF5_MAGIC:
        return _hdf5(path)
    if start.startswith(_ZIP_MAGIC):
        return _keras_archive(path)
    if start[4:] == _LITERT_MAGIC:
        return Source(path, "LiteRT", ".tflite", {})
    raise SourceError(
        f"{path.name} is not a model: expected a .keras, HDF5 or .tflite file, "
        "or a SavedModel folder"
    )


def _saved_model(folder: Path) -> Source:
    if not (folder / "saved_model.pb").is_file():
        raise SourceError(
            f"the folder {folder.name} is not a SavedModel: it holds no saved_model.pb"
        )
    return Source(folder, "SavedModel", "", {})


def _keras_archive(path: Path) -> Source:
    try:
        with zipfile.ZipFile(path) as archive:
            if set(_JSON_MEMBERS) - set(archive.namelist()):
                raise SourceError(f"{path.name} is a zip archive, but not a .keras model")
            if max(archive.getinfo(name).file_size for name in _JSON_MEMBERS) > _MAX_JSON_BYTES:
                raise SourceError(f"{path.name} has a configuration of over 64 MB: refused")
            architecture = json.loads(archive.read("config.json"))
            metadata = json.loads(archive.read("metadata.json"))
            version = str(metadata["keras_version"])
    except (zipfile.BadZipFile, EOFError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path.name} is a damaged or truncated .keras file") from error
    return Source(path, "Keras 3", ".keras", {"keras": version}, architecture)


def _hdf5(path: Path) -> Source:
    try:
        with h5py.File(path, "r") as file:
            attributes = {**file.get("model_weights", file).attrs, **file.attrs}
    except (OSError, RuntimeError) as error:
        raise SourceError(f"{path.name} is a damaged or truncated HDF5 file") from error
    if "model_config" not in attributes:
        raise SourceError(
            f"{path.name} holds weights or data without a model; save the whole model, "
            "with model.save('model.keras') or, in R, save_model_hdf5(model, 'model.h5')"
        )
    try:
        architecture = json.loads(_text(attributes["model_config"]))
    except ValueError as error:
        raise SourceError(f"{path.name} has a model_config that is not JSON") from error
    # Keras 1 wrote no version. Keras 3 changed the meaning of old words, such as `hard_sigmoid`.
    version = _text(attributes.get("keras_version", "1"))
    kind: Kind = "Keras 3" if _major(version) >= _KERAS_3 else "legacy Keras"
    return Source(path, kind, ".h5", {"keras": version}, architecture)


def _major(version: str) -> int:
    number = version.split(".", maxsplit=1)[0]
    return int(number) if number.isdecimal() else 1


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
