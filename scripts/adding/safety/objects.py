"""Keras objects that a configuration may create: those of the lists, found as Keras finds them.

A custom object that the user has given is allowed by its name.
"""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import keras
import tf_keras

_DTYPE = re.compile(
    r"bool|object|string|str\d{0,5}|complex(64|128)|bfloat16|(float|u?int)(4|8|16|32|64)|float8_\w+"
)
# Values that JSON does not have. Keras builds them from their own fields alone.
_VALUES = {
    *("__bytes__", "__ellipsis__", "__keras_tensor__", "__slice__", "__tuple__", "TensorShape"),
}
_ARRAYS = {"__numpy__", "__tensor__"}
_SPECIFICATIONS = {
    *("tf.RaggedTensorSpec", "tf.SparseTensorSpec", "tf.TensorSpec", "RaggedTensorSpec"),
    *("SparseTensorSpec", "TensorSpec"),
}


class Generation(NamedTuple):
    """What one generation of Keras may create, and how its special layers are checked."""

    places: AbstractSet[tuple[str, str]]  # the module and name of each class
    classes: AbstractSet[str]  # their names, for files that write no module
    functions: AbstractSet[tuple[str, str]]
    describe_special: Callable[[str, dict[str, Any]], str | None] | None = None
    specials: AbstractSet[str] = frozenset()


def refused_object(
    config: dict[str, Any], generation: Generation, allowed: AbstractSet[str]
) -> str | None:
    """Why the object that this dict describes is refused; None if it only computes."""
    name = config["class_name"]
    if not isinstance(name, str):
        return f"an object of class {name!r:.80}"
    if name in _VALUES or _is_custom(config, name, allowed):
        return None
    if name in (*_ARRAYS, "TypeSpec", "function"):
        return _refused_value(config, name, generation)
    if not _is_known_class(config, name, generation):
        return _described(config, name)
    if name in generation.specials and generation.describe_special:
        inner = config.get("config")
        call = generation.describe_special(name, inner if isinstance(inner, dict) else {})
        return f"{_layer(config)}, which {call}" if call else None
    return None


def _refused_value(config: dict[str, Any], name: str, generation: Generation) -> str | None:
    inner = config.get("config")
    if name in _ARRAYS:
        known = isinstance(inner, dict) and bool(_DTYPE.fullmatch(str(inner.get("dtype"))))
        return None if known else f"an array {name} of an unknown dtype"
    if name == "TypeSpec":
        known = config.get("type_spec") in _SPECIFICATIONS
        return None if known else f"the type {config.get('type_spec')!r:.80}"
    if _is_known_function(config, generation):
        return None
    return f"the function {config.get('module')!s:.80}:{inner!s:.80}"


def _is_custom(config: dict[str, Any], name: str, allowed: AbstractSet[str]) -> bool:
    """Whether Keras would take the object from the user, by its name and its registered name."""
    own = config.get("config") if name == "function" else name
    registered = config.get("registered_name")
    keys = (own, own if registered in (None, "", "function") else registered)
    return all(isinstance(key, str) and _is_given(key, allowed) for key in keys)


def _is_given(name: str, allowed: AbstractSet[str]) -> bool:
    """``package>Name`` is given if the user's module has registered it under that name."""
    end = name.rsplit(">", 1)[-1]
    return end in allowed and (name == end or _is_registered(name))


def _is_registered(name: str) -> bool:
    """Without this, Keras would import the module that the file names."""
    registries = (keras.saving.get_registered_object, tf_keras.saving.get_registered_object)
    return any(find(name) is not None for find in registries)


def _is_known_function(config: dict[str, Any], generation: Generation) -> bool:
    function, module = config.get("config"), config.get("module")
    if config.get("registered_name") not in (None, "function", function):
        return False
    return isinstance(function, str) and (str(module), function) in generation.functions


def _is_known_class(config: dict[str, Any], name: str, generation: Generation) -> bool:
    if config.get("registered_name") not in (None, "", name, f"Custom>{name}"):
        return False
    module = config.get("module")
    if module is None:
        return name in generation.classes
    return isinstance(module, str) and (module, name) in generation.places


def _described(config: dict[str, Any], name: str) -> str:
    if name in ("Lambda", "__lambda__"):
        return f"{_layer(config)} of class {name}"
    module = config.get("module")
    place = f"{module}:{name}" if module else name
    registered = config.get("registered_name")
    known_as = f" (registered as {registered!s:.80})" if registered not in (None, "", name) else ""
    return f"{_layer(config)} of class {place:.160}{known_as}, which is not known to only compute"


def _layer(config: dict[str, Any]) -> str:
    inner = config.get("config")
    named = isinstance(inner, dict) and isinstance(inner.get("name"), str)
    return f"the layer '{inner['name']:.80}'" if named and inner else "the object"
