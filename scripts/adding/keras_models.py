"""Keras models: loaded by the generation of Keras that wrote them, exported as SavedModels."""

import importlib
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras

from inference.signatures import Tensors
from scripts.adding.sources import Source, SourceError, reason_of

SIGNATURE = "serving_default"  # the name that Keras and TensorFlow Serving use
_RESOURCE = tf.saved_model.experimental.TrackableResource  # such as a vocabulary's lookup table


def import_objects(names: Sequence[str]) -> dict[str, Any]:
    """Classes and functions, imported by ``MODULE:NAME``. Raises :class:`SourceError`."""
    objects = {}
    for place in names:
        module, _, name = place.partition(":")
        try:
            objects[name] = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise SourceError(f"--custom-objects {place}: {error}; write MODULE:NAME") from error
    return objects


def load_keras(source: Source, custom_objects: dict[str, Any], *, allow_code: bool) -> Any:
    """The model, loaded by the Keras that wrote it: Keras 3 gives old files another meaning.

    Raises :class:`SourceError` in one line, whatever Keras raised.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{source.suffix}"  # Keras expects the suffix of its format
        shutil.copyfile(source.path, path)
        try:
            if source.kind == "legacy Keras":
                return tf_keras.models.load_model(path, custom_objects, compile=False)
            return keras.saving.load_model(
                path, custom_objects, compile=False, safe_mode=not allow_code
            )
        except Exception as error:
            reason = reason_of(error, 1000).replace(str(path), source.path.name)[:300]
            hint = ""
            if re.search(r"Unknown|Could not locate|custom", str(error)):
                hint = " If that is a class of yours, add --custom-objects MODULE:NAME"
            raise SourceError(f"{source.path.name} cannot be loaded: {reason}.{hint}") from error


@dataclass(frozen=True)
class NamedModel:
    """A Keras model as a function of named tensors."""

    model: Any
    inputs: dict[str, tf.TensorSpec]
    call: Callable[[dict[str, Any]], dict[str, Any]]

    def __call__(self, inputs: Tensors) -> Tensors:
        """The outputs that Keras itself computes."""
        outputs = self.call({name: tf.constant(array) for name, array in inputs.items()})
        return {name: np.asarray(output.numpy()) for name, output in outputs.items()}

    def export(self, folder: Path) -> None:
        """Write a SavedModel with one signature."""
        traced = tf.function(lambda **inputs: self.call(inputs), autograph=False)
        module = tf.Module()
        # A Keras 3 variable wraps TensorFlow's own, which a tf.Module does not find by itself.
        module.kept_variables = [getattr(v, "value", v) for v in self.model.variables]
        if isinstance(self.model, tf_keras.Model):
            module.kept_variables = self.model.variables
        module.kept_tables = [
            value
            for layer in self.model._flatten_layers()  # noqa: SLF001 - both generations have it
            for value in vars(layer).values()
            if isinstance(value, _RESOURCE)
        ]
        concrete = traced.get_concrete_function(**self.inputs)
        tf.saved_model.save(module, folder, signatures={SIGNATURE: concrete})


def name_tensors(model: Any) -> NamedModel | None:
    """The model with the names that its author gave; None if it does not know its inputs' names.

    The names are a dict's keys, or else the layers' names, in the form that TensorFlow allows.
    """
    graph = model._functional if isinstance(model, keras.Sequential) and model.built else model  # noqa: SLF001
    structure = getattr(graph, "_inputs_struct", getattr(graph, "_nested_inputs", None))
    if structure is None or not hasattr(graph, "output_names"):
        return None
    tensors = tf.nest.flatten(structure)
    if isinstance(structure, dict):
        names = _valid(sorted(structure))
    else:
        names = _valid(getattr(graph, "input_names", None) or [tensor.name for tensor in tensors])
    inputs = {
        name: tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for name, tensor in zip(names, tensors, strict=True)
    }

    def call(values: dict[str, Any]) -> dict[str, Any]:
        packed = tf.nest.pack_sequence_as(structure, [values[name] for name in inputs])
        outputs = model(packed, training=False)
        flat = tf.nest.flatten(outputs)
        names = sorted(outputs) if isinstance(outputs, dict) else graph.output_names
        # Without tf.identity, an output that is also an input loses its name.
        return {name: tf.identity(output) for name, output in zip(_valid(names), flat, strict=True)}

    return NamedModel(model, inputs, call)


def _valid(names: Sequence[str]) -> list[str]:
    """Names of letters, digits and ``_``, as TensorFlow's signatures need them; each only once."""
    valid: list[str] = []
    for name in names:
        cleaned = re.sub(r"\W", "_", name, flags=re.ASCII) or "tensor"
        repeats = sum(other == cleaned or other.startswith(f"{cleaned}__") for other in valid)
        valid.append(f"{cleaned}__{repeats}" if repeats else cleaned)
    return valid
