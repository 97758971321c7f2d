"""Keras' preprocessing layers as steps that need no TensorFlow.

A step is made of the layer's own configuration, and of what the layer has learned: a vocabulary,
weights, boundaries. A step refuses what it does not compute exactly.
"""

from collections.abc import Callable
from typing import Any, get_args

import keras
import numpy as np
import tf_keras
from pydantic import TypeAdapter, ValidationError

from inference.preprocessing import Step
from scripts.adding.lifting.graph import GraphCall, only_argument
from scripts.adding.sources import reason_of

# Layers that LiteRT lacks, and that are therefore worth a step.
PREPROCESSING = (
    *("TextVectorization", "StringLookup", "IntegerLookup", "CategoryEncoding"),
    *("Hashing", "HashedCrossing", "Discretization"),
)
# Layers that LiteRT has. They are steps only where they stand before one of the others.
_NUMERIC = ("Normalization", "Rescaling", "Reshape", "Flatten", "Concatenate")
_SPECIAL = {"layer", "inputs", "output", "keras"}
_STEPS = {step.model_fields["layer"].default: step for step in get_args(get_args(Step)[0])}
_STEP: TypeAdapter[Step] = TypeAdapter(Step)


class NotLiftableError(Exception):
    """A call has no step. The text says which option of the layer has none."""


def is_preprocessing(operation: Any) -> bool:
    """Whether it is one of Keras' preprocessing layers; a subclass may compute anything."""
    return _is_own(operation, PREPROCESSING)


def step_of(call: GraphCall, inputs: list[str], output: str) -> Step:
    """The step that answers as the call does. Raises :class:`NotLiftableError`."""
    operation = call.operation
    if _is_own(operation, (*PREPROCESSING, *_NUMERIC)):
        _require_plain(call)
        layer = type(operation).__name__
        fields = _configured(operation, layer)
        generation = 3 if isinstance(operation, keras.layers.Layer) else 2
    else:
        layer, fields = _reshaping(call)
        generation = 3
    named = {"layer": layer, "inputs": inputs, "output": output, "keras": generation}
    try:
        return _STEP.validate_python(named | fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        option = first["loc"][1] if len(first["loc"]) > 1 else layer
        found = repr(fields.get(str(option)))[:60]
        raise NotLiftableError(f"{option}={found} is not computed outside of TensorFlow") from error


def _is_own(operation: Any, names: tuple[str, ...]) -> bool:
    name = type(operation).__name__
    return name in names and type(operation) in (
        getattr(keras.layers, name),
        getattr(tf_keras.layers, name),
    )


def _require_plain(call: GraphCall) -> None:
    """Raise :class:`NotLiftableError` for a call with more than the tensors to compute with."""
    if only_argument(call.arguments) is None:
        raise NotLiftableError("it is called with more than one argument")


def _configured(layer: Any, name: str) -> dict[str, Any]:
    config = layer.get_config()
    options = _STEPS[name].model_fields.keys() - _SPECIAL
    fields = {key: _plain(config[key]) for key in options - {"dtype"} if key in config}
    # A lookup of Keras 3 calls the dtype of its vocabulary its own. Its step needs none.
    if "dtype" in options and not (isinstance(layer, keras.layers.Layer) and "Lookup" in name):
        fields["dtype"] = str(layer.compute_dtype)
    try:
        return fields | (_LEARNED[name](layer) if name in _LEARNED else {})
    except (AttributeError, UnicodeDecodeError, ValueError) as error:
        raise NotLiftableError(f"what it has learned cannot be read: {reason_of(error)}") from error


def _plain(value: Any) -> Any:
    """Lists, where Keras 2 wraps them."""
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _vocabulary(layer: Any) -> dict[str, Any]:
    words = [
        word.item() if isinstance(word, np.generic) else word for word in layer.get_vocabulary()
    ]
    learned = {"vocabulary": words}
    lookup = getattr(layer, "_lookup_layer", layer)
    if lookup.output_mode == "tf_idf":
        learned["idf_weights"] = np.asarray(lookup.idf_weights_const).tolist()
    return learned


def _boundaries(layer: Any) -> dict[str, Any]:
    return {"bin_boundaries": np.asarray(layer.bin_boundaries, float).tolist()}


def _moments(layer: Any) -> dict[str, Any]:
    if layer.input_mean is not None:
        mean, variance = layer.input_mean, layer.input_variance
    else:
        mean, variance = layer.adapt_mean, layer.adapt_variance
    return {"mean": np.asarray(mean).tolist(), "variance": np.asarray(variance).tolist()}


_LEARNED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "TextVectorization": _vocabulary,
    "StringLookup": _vocabulary,
    "IntegerLookup": _vocabulary,
    "Discretization": _boundaries,
    "Normalization": _moments,
}


def _reshaping(call: GraphCall) -> tuple[str, dict[str, Any]]:
    """The step of an operation: of ``keras.ops``, or a function of TensorFlow in a legacy model."""
    operation = call.operation
    if isinstance(operation, keras.Operation) and not isinstance(operation, keras.layers.Layer):
        name = type(operation).__name__ if type(operation).__module__.startswith("keras.") else ""
        arguments: dict[str, Any] = vars(operation)
    elif type(operation).__name__ == "TFOpLambda":
        name = _LEGACY.get(operation.symbol, "")
        positional, named = call.arguments
        second = "dtype" if name == "Cast" else "axis"
        arguments = dict(zip((second,), positional[1:], strict=False)) | named
    else:
        name, arguments = "", {}
    if name == "Cast":
        return name, {"dtype": _dtype_name(arguments["dtype"])}
    if name in ("ExpandDims", "Squeeze", "Concatenate"):
        return name, {"axis": arguments.get("axis")}
    raise NotLiftableError("it is no layer of Keras' preprocessing")


_LEGACY = {"expand_dims": "ExpandDims", "squeeze": "Squeeze", "concat": "Concatenate"} | {
    "cast": "Cast"
}


def _dtype_name(dtype: Any) -> str:
    return str(getattr(dtype, "name", dtype))
