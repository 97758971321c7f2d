"""The objects of Keras 3, resolved as ``keras.saving`` resolves them."""

from functools import cache
from typing import Any

import keras

from scripts.adding.safety.keras_names import CLASSES, FUNCTIONS
from scripts.adding.safety.objects import Generation
from scripts.adding.safety.own_layers import defined_layers

# Keras looks there for a function that was written without its module.
_MODULES_OF_BUILTINS = ("keras.activations", "keras.losses", "keras.metrics")


@cache
def keras_3() -> Generation:
    """Classes under the module that Keras writes, and under the module that defines them."""
    places = set()
    for module, names in CLASSES.items():
        for name in names.split():
            places.add((module, name))
            found = getattr(_public(module), name, None)
            if isinstance(found, type):
                places.add((found.__module__, found.__name__))
    layers = defined_layers(keras.src.applications, keras.Layer)
    places |= {(layer.__module__, name) for name, layer in layers.items()}
    functions = {(module, name) for module, names in FUNCTIONS.items() for name in names.split()}
    functions |= {
        ("builtins", name) for module, name in functions if module in _MODULES_OF_BUILTINS
    }
    return Generation(places, {name for _, name in places}, functions)


@cache
def unexported_objects() -> dict[str, type[Any]]:
    """Allowed classes that Keras itself does not find in HDF5, which names no module.

    They are the layers of its networks, and operations such as ``NotEqual``.
    """
    found = defined_layers(keras.src.applications, keras.Layer)
    for module, names in CLASSES.items():
        if module.startswith("keras.src.ops."):
            defined = vars(getattr(keras.src.ops, module.rpartition(".")[2]))
            found |= {name: defined[name] for name in names.split() if name in defined}
    return found


def _public(module: str) -> object:
    """A module of the public interface, None for the others."""
    found: object = keras
    for part in module.split(".")[1:]:
        found = getattr(found, part, None)
    return found
