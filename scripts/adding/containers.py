"""What zip archives and folders hold that are no model, and what to do with them instead.

Only the names in them are read. Like ``given``, this module imports the standard library alone and
runs on Python 3.8.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, BinaryIO

from scripts.adding.foreign import PYTORCH, TENSORFLOW_JS, WEIGHTS_ALONE

if TYPE_CHECKING:
    from pathlib import Path

_KERAS_MEMBERS = {"config.json", "metadata.json"}
_MODEL_FILE = re.compile(r"(.*/)?([^/]+\.(keras|h5|hdf5|tflite))", re.IGNORECASE)
_MOST_NAMES = 1000  # of a folder or an archive; more say nothing new
_DAMAGED = (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError)


def describe_zip(file: BinaryIO) -> str | None:
    """What a zip archive is that is no ``.keras`` file, and what to do; None if it may be one."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except _DAMAGED:
        return "is a damaged or truncated .keras file: get the file again, or save the model again"
    if set(names) >= _KERAS_MEMBERS:
        return None
    return f"is a zip archive, but not a .keras model{_step_for_zip(names[:_MOST_NAMES])}"


def _step_for_zip(names: list[str]) -> str:
    for name in names:
        folder, _, last = name.rpartition("/")
        if last in ("data.pkl", "constants.pkl"):
            return f": it {PYTORCH}"
        if last == "saved_model.pb":
            return f", it holds a SavedModel: unpack it, and add the folder {folder or 'of it'}"
        if last == "config.json" and f"{folder}/metadata.json" in names:
            return (
                f", its members lie in the folder {folder}: add the file that Keras wrote, or pack "
                f"it as Keras does, with `cd {folder}; zip -r ../model.keras *`"
            )
        if name.endswith(".npy"):
            return (
                ", it holds arrays of NumPy: if they are a model's weights, build the model in "
                "Python, call model.set_weights(…), then model.save('model.keras')"
            )
        if _MODEL_FILE.fullmatch(name):
            return f", it holds {last}: unpack it, and add that file"
    return ": expected the members config.json and metadata.json"


def describe_folder(folder: Path) -> str:
    """What a folder is that holds no ``saved_model.pb``, and what to do."""
    found = f"the folder {folder.name} is not a SavedModel: it holds no saved_model.pb"
    try:
        names = sorted(entry.name for entry in list(folder.iterdir())[:_MOST_NAMES])
    except OSError as error:
        return f"{folder.name} cannot be read: {error.strerror}"
    return found + _step_for_folder(folder, names)


def _step_for_folder(folder: Path, names: list[str]) -> str:
    models = [name for name in names if (folder / name / "saved_model.pb").is_file()]
    files = [name for name in names if _MODEL_FILE.fullmatch(name)]
    if models:
        more = f", or another of {', '.join(models[:5])}" if len(models) > 1 else ""
        return f"; add the SavedModel in it, {folder.name}/{models[-1]}{more}"
    step = _step_for_format(folder, set(names))
    if step:
        return step
    if files:
        more = f", or another of {', '.join(files[:5])}" if len(files) > 1 else ""
        return f"; add the model file in it, {folder.name}/{files[0]}{more}"
    return "; expected a .keras, HDF5 or .tflite file, or a folder that model.export(…) has written"


def _step_for_format(folder: Path, names: set[str]) -> str:
    if "saved_model.pbtxt" in names:
        return (
            "; saved_model.pbtxt is its form as text: load it in Python with "
            "tf.saved_model.load(…), and tf.saved_model.save it"
        )
    if names >= _KERAS_MEMBERS:
        return (
            "; it is an unpacked .keras file: add the file itself, or pack it again, with "
            f"`cd {folder.name}; zip -r ../model.keras *`"
        )
    if {"tf_model.h5", "model.safetensors", "pytorch_model.bin"} & names:
        return (
            "; it is a model of Hugging Face's transformers: save it in Python with "
            "model.save_pretrained('folder', saved_model=True), of a TF… class, and add "
            "folder/saved_model/1"
        )
    if any(name == "checkpoint" or name.endswith(".index") for name in names):
        return f"; it is a checkpoint, which holds weights without a model: {WEIGHTS_ALONE}"
    if "model.json" in names:
        return f"; if model.json stands for it, it {TENSORFLOW_JS}"
    return ""
