"""The kind of model that a file or folder holds, told by its content and never by its name."""

import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import h5py

from scripts.adding.foreign import SAVE_WHOLE
from scripts.adding.given import SourceError, container_of

__all__ = ["Kind", "Source", "SourceError", "identify", "reason_of"]

Kind = Literal["Keras 3", "legacy Keras", "SavedModel", "LiteRT"]
_JSON_MEMBERS = ("config.json", "metadata.json")
_MAX_JSON_BYTES = 64_000_000
_KERAS_3 = 3
_WORDS_OF_KERAS_2 = ('"batch_input_shape"', ".engine.", '"tf_keras')
_WORDS_OF_KERAS_3 = ('"batch_shape"', '"DTypePolicy"')
_DAMAGED_ZIP = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError),
    *(ValueError, KeyError, TypeError),
)
_PREAMBLE = (
    *("Exception encountered when calling", "Graph execution error", "Detected at node"),
    "<stack traces unavailable>",
)
_AT_LAST = "Exception encountered: "  # after it stands why a class could not be built
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
_ADVICE = re.compile(
    r"allow_pickle|enable_unsafe|pickle\.load|safe_mode|unsafe|disallowed by default"
    r"|^Make sure custom|^If they are already decorated|^Please ensure|^Full object config"
)
_DECORATION = re.compile(r"\x1b\[\d*m|\{\{[^}]*\}\} ?")  # colours, and names of graph nodes


def reason_of(error: Exception, limit: int = 200) -> str:
    """The line of an error's text that says what went wrong; the error itself if it has no text.

    Keras writes first which layer was called, and TensorFlow where the node was made, in colour.
    What Keras advises is left out: how to write its classes, or to load files in an unsafe way.
    """
    text = _DECORATION.sub("", str(error))
    text = text.rpartition(_AT_LAST)[2].strip() or text
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [repr(error)]
    line = next((line for line in lines if not line.startswith(_PREAMBLE)), lines[0])
    sentences = _SENTENCE_END.split(line)
    said = " ".join(sentence for sentence in sentences if not _ADVICE.search(sentence))
    return (said or "it holds Python code or pickled objects, which are not loaded")[:limit]


@dataclass(frozen=True)
class Source:
    """The file or folder that a user gave."""

    path: Path
    kind: Kind
    suffix: str  # the file name's ending that the library which reads it expects
    producer: dict[str, str]  # the program that wrote it, and its version
    architecture: Any = None  # Keras' configuration, parsed from JSON
    notes: tuple[str, ...] = ()  # what was assumed
    is_converted: bool = False  # whether the architecture is another than the file's

    def __str__(self) -> str:
        """The kind and the producer, for a progress line."""
        written_by = " ".join(f"{program} {version}" for program, version in self.producer.items())
        return f"a {self.kind} model" + (f", written by {written_by}" if written_by else "")


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
    """Keras 2.12 and later, Keras 3: both write the same members."""
    try:
        with zipfile.ZipFile(path) as archive:
            if max(archive.getinfo(name).file_size for name in _JSON_MEMBERS) > _MAX_JSON_BYTES:
                raise SourceError(f"{path.name} has a configuration of over 64 MB: refused")
            architecture = _json(path, "config.json", archive.read("config.json"))
            metadata = _json(path, "metadata.json", archive.read("metadata.json"))
            version = metadata.get("keras_version")
    except (*_DAMAGED_ZIP, AttributeError) as error:
        raise SourceError(f"{path.name} is a damaged or truncated .keras file") from error
    return _keras(path, ".keras", architecture, version)


def _keras(path: Path, suffix: str, architecture: Any, version: object) -> Source:
    """A Keras model, of the generation that its version says, or else its words.

    Keras 3 changed the meaning of old words, such as ``hard_sigmoid``.
    """
    number = re.match(r"[1-9]\d*(?=\.)", str(version))
    if number:
        kind: Kind = "Keras 3" if int(number[0]) >= _KERAS_3 else "legacy Keras"
        return Source(path, kind, suffix, {"keras": str(version)}, architecture)
    words = json.dumps(architecture)
    if suffix == ".keras":
        kind = "legacy Keras" if any(word in words for word in _WORDS_OF_KERAS_2) else "Keras 3"
    else:
        kind = "Keras 3" if any(word in words for word in _WORDS_OF_KERAS_3) else "legacy Keras"
    note = (
        f"the file does not say which Keras wrote it{_found(version)}; its layers are described as "
        f"{'Keras 3 describes' if kind == 'Keras 3' else 'Keras 2 and 1 describe'} them"
    )
    return Source(path, kind, suffix, {}, architecture, (note,))


def _found(version: object) -> str:
    return "" if version is None else f" (it says {version!s:.40})"


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
        raise SourceError(f"{path.name} holds weights or data without a model; {SAVE_WHOLE}")
    try:
        architecture = _json(path, "model_config", config)
    except ValueError as error:
        raise SourceError(f"{path.name} has a model_config that is not JSON") from error
    return _keras(path, ".h5", architecture, version)


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


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
