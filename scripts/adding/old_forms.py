"""Configurations of old versions of Keras, brought into the form that the installed Keras reads.

What a layer computes is never changed. The allow-lists are asked about the new form, and the same
new form is what is loaded.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py

from scripts.adding.keras_1 import is_of_keras_1, to_keras_2
from scripts.adding.safety.legacy_names import CALLERS
from scripts.adding.safety.legacy_objects import INTERNAL
from scripts.adding.sources import Source, SourceError

_CONFIGURATION = "config.json"
_LENGTH_OF_REFERENCE = 3  # a layer's name, its node, the place of the tensor
_NO_REFERENCE = "_CONSTANT_VALUE"
_NOTE_ON_KERNELS = (
    "a file of Keras 1 does not say what trained it, and Theano turned the kernels of convolutions "
    "around; TensorFlow is assumed"
)
# Versions before 2.13 wrote modules that moved into `src` later.
_MOVED = {f"keras.{module}": f"keras.src.{module}" for module in INTERNAL}


def in_present_form(source: Source) -> Source:
    """The source as the installed Keras reads it. Raises :class:`SourceError`.

    Training is left out: losses, metrics and optimizers are not needed to answer.
    """
    if source.suffix not in (".keras", ".h5"):
        return source
    changed = _leave_training_out(source.architecture)
    notes = source.notes
    if source.kind == "legacy Keras":
        if is_of_keras_1(source.architecture, source.producer.get("keras", "")):
            to_keras_2(source.architecture, source.path.name)
            changed = True
            notes += (_NOTE_ON_KERNELS,) * _has_convolutions(source.architecture)
        changed |= _name_modules_anew(source.architecture)
        _refuse_lost_inputs(source)
    return replace(source, is_converted=changed, notes=notes)


def write_copy(source: Source, path: Path) -> None:
    """The file, with the configuration that was checked."""
    if not source.is_converted:
        shutil.copyfile(source.path, path)
    elif source.suffix == ".keras":
        with zipfile.ZipFile(source.path) as before, zipfile.ZipFile(path, "w") as after:
            for member in before.infolist():
                if member.filename == _CONFIGURATION:
                    after.writestr(_CONFIGURATION, json.dumps(source.architecture))
                else:
                    with before.open(member) as old, after.open(member.filename, "w") as new:
                        shutil.copyfileobj(old, new)
    else:
        shutil.copyfile(source.path, path)
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = json.dumps(source.architecture)
            if source.producer.get("keras", "").startswith("1"):
                # Without a version, `tf_keras` converts the weights of Keras 1.
                file["model_weights"].attrs.pop("keras_version", None)


def _dictionaries(configuration: object) -> Iterator[dict[str, Any]]:
    """Each dict at any depth; safety.walk refuses too great a depth afterwards."""
    waiting = [configuration]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _has_convolutions(architecture: object) -> bool:
    return any("Conv" in str(config.get("class_name")) for config in _dictionaries(architecture))


def _leave_training_out(architecture: object) -> bool:
    """Whether a model was compiled. Keras would compile one in a model in any case."""
    found = False
    for config in _dictionaries(architecture):
        if "class_name" in config and config.get("compile_config") is not None:
            config["compile_config"] = None
            found = True
    return found


def _name_modules_anew(architecture: object) -> bool:
    found = False
    for config in _dictionaries(architecture):
        module = config.get("module")
        if isinstance(module, str) and module in _MOVED:
            config["module"] = _MOVED[module]
            found = True
    return found


def _refuse_lost_inputs(source: Source) -> None:
    """Keras 2 saves the first argument of a function with any number of them, such as einsum."""
    for config in _dictionaries(source.architecture):
        layers = config.get("layers")
        if not isinstance(layers, list):
            continue
        callers = [layer for layer in layers if isinstance(layer, dict)]
        names = {str(layer.get("name")) for layer in callers}
        for layer in callers:
            nodes = layer.get("inbound_nodes")
            if layer.get("class_name") not in CALLERS or not isinstance(nodes, list):
                continue
            if not all(_has_reference(node, names) for node in nodes):
                raise SourceError(
                    f"{source.path.name} cannot be loaded by any Keras: the layer "
                    f"'{layer.get('name')!s:.80}' has lost the tensors that it computes with, "
                    "because Keras 2 saves only the first argument of such a function; where the "
                    "model is in memory, save it as a SavedModel, with "
                    "tf.saved_model.save(model, 'folder') or, in R, "
                    "save_model_tf(model, 'folder'), and add that folder"
                )


def _has_reference(node: object, names: set[str]) -> bool:
    """Whether another layer's output stands anywhere in a node of this layer."""
    waiting = [node]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            if (
                len(value) >= _LENGTH_OF_REFERENCE
                and isinstance(value[0], str)
                and value[0] in names
                and all(isinstance(number, int) for number in value[1:_LENGTH_OF_REFERENCE])
            ):
                return True
            waiting.extend(value)
    return False
