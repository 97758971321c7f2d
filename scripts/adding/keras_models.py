"""Keras models: loaded by the generation of Keras that wrote them, exported as SavedModels."""

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras

from inference.engines.tensorflow_signatures import describe_function
from inference.signatures import Signature, Tensors
from scripts.adding import safety
from scripts.adding.old_forms import write_copy
from scripts.adding.safety.keras_objects import unexported_objects
from scripts.adding.safety.legacy_objects import unexported_layers
from scripts.adding.sources import Source, SourceError, reason_of

SIGNATURE = "serving_default"  # the name that Keras and TensorFlow Serving use
_OTHER_NAMES = re.compile(r"Layer '([^']*)' expected \d+ variables, but received 0")
_ARGUMENTS = re.compile(r"(\w+)\.__init__\(\) (got an unexpected keyword|missing \d+ required)")
_RESOURCE = tf.saved_model.experimental.TrackableResource  # such as a vocabulary's lookup table


def load_keras(source: Source, custom_objects: dict[str, Any], *, allow_code: bool) -> Any:
    """The model, loaded by the Keras that wrote it: Keras 3 gives old files another meaning.

    Raises :class:`SourceError` in one line, whatever Keras raised.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{source.suffix}"  # Keras expects the suffix of its format
        try:
            write_copy(source, path)
            with _without_compiling():
                if source.kind == "legacy Keras":
                    own = unexported_layers() | custom_objects
                    return tf_keras.models.load_model(
                        path, own, compile=False, safe_mode=not allow_code
                    )
                own = unexported_objects() if source.suffix == ".h5" else {}
                return keras.saving.load_model(
                    path, own | custom_objects, compile=False, safe_mode=not allow_code
                )
        except Exception as error:
            reason = _why_not_loaded(error, source, set(custom_objects)).replace(
                str(path), source.path.name
            )
            raise SourceError(f"{source.path.name} cannot be loaded: {reason}") from error


def _why_not_loaded(error: Exception, source: Source, given: set[str]) -> str:
    """What Keras said, and what to do about it."""
    reason = reason_of(error, 300).rstrip(".")
    other_names = _OTHER_NAMES.search(str(error))
    if other_names:
        return (
            f"the weights of its layer '{other_names[1]:.80}' stand under another name than Keras "
            "looks for, as Keras 2.13 wrote them, and Keras on Windows; load it where it was "
            "written, and add what model.save('model.h5') or, in R, "
            "save_model_hdf5(model, 'model.h5') writes"
        )
    arguments = _ARGUMENTS.search(reason)
    if arguments:
        return (
            f"{reason}; let {arguments[1]}.__init__ take **kwargs and hand them to "
            "super().__init__, and let its get_config return its own arguments"
        )
    classes = safety.missing_classes(source, given)
    if classes and re.search(r"Unknown|Could not|custom|deserialize", str(error)):
        return f"{reason}; add {safety.options_for(classes)}"
    if "int8_from" in json.dumps(source.architecture):
        return (
            f"{reason}; Keras cannot read this quantized model back: add the model as it was "
            "before model.quantize, or the folder that model.export(FOLDER) writes"
        )
    return reason


@contextmanager
def _without_compiling() -> Iterator[None]:
    """``compile=False`` is for the outer model alone; this is for the models in it.

    Losses, metrics and optimizers are of no use in serving, and may be code of the author's.
    """
    owners = (keras.Model, tf_keras.Model)
    own = [owner.compile_from_config for owner in owners]
    try:
        for owner in owners:
            owner.compile_from_config = _ignore
        yield
    finally:
        for owner, method in zip(owners, own, strict=True):
            owner.compile_from_config = method


def _ignore(*_: Any) -> None:
    """Compile nothing."""


@dataclass(frozen=True)
class NamedModel:
    """A Keras model as a function of named tensors."""

    model: Any
    inputs: dict[str, tf.TensorSpec]
    call: Callable[[dict[str, Any]], dict[str, Any]]
    looks_up: bool = True  # whether it may use the lookup tables of the model's layers

    def __call__(self, inputs: Tensors) -> Tensors:
        """The outputs that Keras itself computes."""
        outputs = self.call({name: tf.constant(array) for name, array in inputs.items()})
        return {name: np.asarray(output.numpy()) for name, output in outputs.items()}

    def export(self, folder: Path, like: Signature | None = None) -> Signature:
        """Write a SavedModel with one signature, whose floats have the dtypes of ``like``.

        Raises ``ValueError`` for tensors that cannot be served.
        """
        answers = like.outputs if like else {}

        def call(**inputs: Any) -> dict[str, Any]:
            return {
                name: _as_float(output, answers[name].dtype if like else output.dtype)
                for name, output in self.call(inputs).items()
            }

        traced = tf.function(call, autograph=False)
        module = tf.Module()
        # A Keras 3 variable wraps TensorFlow's own, which a tf.Module does not find by itself.
        module.kept_variables = [getattr(v, "value", v) for v in self.model.variables]
        if isinstance(self.model, tf_keras.Model):
            module.kept_variables = self.model.variables
        module.kept_tables = [
            value
            for layer in self.model._flatten_layers()  # noqa: SLF001 - both generations have it
            for value in vars(layer).values()
            if self.looks_up and isinstance(value, _RESOURCE)
        ]
        concrete = traced.get_concrete_function(**self.inputs)
        signature = describe_function(concrete)
        tf.saved_model.save(module, folder, signatures={SIGNATURE: concrete})
        return signature


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
        names = valid_names(sorted(structure))
    else:
        names = valid_names(
            getattr(graph, "input_names", None) or [tensor.name for tensor in tensors]
        )
    inputs = {
        name: tf.TensorSpec(tensor.shape, _served(tensor.dtype), name=name)
        for name, tensor in zip(names, tensors, strict=True)
    }

    def call(values: dict[str, Any]) -> dict[str, Any]:
        packed = tf.nest.pack_sequence_as(structure, [values[name] for name in inputs])
        outputs = model(packed, training=False)
        flat = tf.nest.flatten(outputs)
        names = sorted(outputs) if isinstance(outputs, dict) else graph.output_names
        return {
            # Without tf.identity, an output that is also an input loses its name.
            name: tf.identity(_as_float(output, _served(output.dtype)))
            for name, output in zip(valid_names(names), flat, strict=True)
        }

    return NamedModel(model, inputs, call)


def _served(dtype: Any) -> tf.DType:
    """NumPy has no bfloat16; float32 holds its values."""
    served = tf.as_dtype(dtype)
    return tf.float32 if served == tf.bfloat16 else served


def _as_float(output: Any, dtype: Any) -> Any:
    """A float in another precision; all else as it is."""
    wanted = tf.as_dtype(dtype)
    floating = output.dtype.is_floating and wanted.is_floating
    return tf.cast(output, wanted) if floating and output.dtype != wanted else output


def valid_names(names: Sequence[str]) -> list[str]:
    """Names of letters, digits and ``_``, as TensorFlow's signatures need them; each only once."""
    valid: list[str] = []
    for name in names:
        cleaned = re.sub(r"\W", "_", name, flags=re.ASCII) or "tensor"
        repeats = sum(other == cleaned or other.startswith(f"{cleaned}__") for other in valid)
        valid.append(f"{cleaned}__{repeats}" if repeats else cleaned)
    return valid
