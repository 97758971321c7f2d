"""The objects of legacy Keras, resolved as ``tf_keras`` resolves them."""

import json
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any

import tf_keras
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from tensorflow.core.framework.node_def_pb2 import NodeDef

from inference.engines.operations import COMPUTING
from scripts.adding.safety.legacy_names import (
    ATTRIBUTE_LAYERS,
    ATTRIBUTES,
    CALLERS,
    CLASS_METHODS,
    CLASSES,
    FUNCTIONS,
)
from scripts.adding.safety.objects import Generation
from scripts.adding.safety.own_layers import defined_layers
from scripts.adding.safety.tensorflow_names import PURE_FUNCTIONS

# Private to tf_keras, and written into files with their module.
INTERNAL = {
    "applications.inception_resnet_v2": "CustomScaleLayer Custom>CustomScaleLayer",
    "engine.base_layer": "TensorFlowOpLayer",
    "engine.functional": "Functional",
    "layers.core.tf_op_layer": (
        "ClassMethod InstanceMethod InstanceProperty SlicingOpLambda TFOpLambda"
    ),
}
_SPECIALS = {*ATTRIBUTE_LAYERS, *CALLERS, "ClassMethod", "TensorFlowOpLayer"}
_ARGUMENTS = ("activation", "constraint", "initializer", "regularizer")
_NO_NAME = {"", "none"}


@cache
def legacy_keras() -> Generation:
    """Classes under their public module, and under the one that defines them in any version."""
    places = set()
    for module, names in CLASSES.items():
        public = getattr(tf_keras, module.rpartition(".")[2], tf_keras)
        for name in names.split():
            places |= {(module, name), (f"tf_{module}", name)}
            found = getattr(public, name, None)
            if isinstance(found, type):
                places |= _defined_in(found.__module__.removeprefix("tf_keras.src."), name)
    for module, names in INTERNAL.items():
        for name in names.split():
            places |= _defined_in(module, name)
    for name, layer in unexported_layers().items():
        places |= _defined_in(layer.__module__.removeprefix("tf_keras.src."), name)
    functions = {
        (module, name)
        for module in ("builtins", "keras.activations", "keras.losses", "keras.metrics")
        for name in FUNCTIONS
    }
    return Generation(places, {name for _, name in places}, functions, describe_special, _SPECIALS)


@cache
def unexported_layers() -> dict[str, type[Any]]:
    """Layers of its networks that legacy Keras does not find in HDF5, which names no module."""
    return defined_layers(tf_keras.src.applications, tf_keras.layers.Layer)


def _defined_in(module: str, name: str) -> set[tuple[str, str]]:
    """Versions before 2.13 wrote ``keras.layers…``, later ones ``keras.src.layers…``."""
    return {(f"{start}.{module}", name) for start in ("keras", "keras.src", "tf_keras.src")}


def unknown_names(config: dict[str, Any], allowed: AbstractSet[str]) -> list[str]:
    """Names of activations and initializers that are not listed.

    ``tf_keras`` takes a name for whatever its own module holds under it.
    """
    known = FUNCTIONS.union(*(names.split() for names in CLASSES.values()))
    return [
        f"the {key} {value!r:.80}"
        for key, value in config.items()
        if isinstance(value, str)
        and (key in _ARGUMENTS or key.endswith(tuple(f"_{name}" for name in _ARGUMENTS)))
        and value not in known | allowed
        and value.lower() not in _NO_NAME
    ]


def describe_special(name: str, config: dict[str, Any]) -> str | None:
    """What a layer calls that is not known to only compute; None if it is."""
    if name in CALLERS:
        function = config.get("function")
        return None if function in PURE_FUNCTIONS else f"calls tf.{function!s:.80}"
    if name in ATTRIBUTE_LAYERS:
        attribute = config.get("attr_name")
        return None if attribute in ATTRIBUTES else f"takes the attribute {attribute!s:.80}"
    if name == "ClassMethod":
        method = (config.get("cls_symbol"), config.get("method_name"))
        if method[0] == "RaggedTensor" and method[1] in CLASS_METHODS:
            return None
        return f"calls tf.{method[0]!s:.80}.{method[1]!s:.80}"
    operation = _operation(config.get("node_def"))
    return None if operation in COMPUTING else f"runs the operation {operation:.80}"


def _operation(node: object) -> str:
    """The operation of a ``TensorFlowOpLayer``, read as that layer reads it."""
    try:
        if isinstance(node, dict):
            message = json_format.Parse(json.dumps(node), NodeDef())
        else:
            message = NodeDef.FromString(str(node).encode())
    except (DecodeError, json_format.ParseError, RecursionError, UnicodeError):
        return "(unreadable)"
    return str(message.op) or "(none)"
