"""Classes and functions that the user lets a Keras file name: one, or a package's."""

import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import keras
import tf_keras

from scripts.adding.sources import SourceError, reason_of


def import_objects(places: Sequence[str]) -> dict[str, Any]:
    """By their name: ``MODULE:NAME``, or all that a package registers or defines.

    Raises :class:`SourceError`.
    """
    objects: dict[str, Any] = {}
    for place in places:
        module, colon, name = place.partition(":")
        try:
            imported = importlib.import_module(module)
            found = {name: getattr(imported, name)} if colon else _objects_of(imported)
        except (ImportError, AttributeError, ValueError) as error:
            raise SourceError(
                f"--custom-objects {place}: {error}; write MODULE:NAME for one class or function, "
                "or the name of an installed package, such as keras_hub"
            ) from error
        except Exception as error:  # the package's own code runs
            raise SourceError(
                f"--custom-objects {place}: importing it failed ({reason_of(error)})"
            ) from error
        if not found:
            raise SourceError(
                f"--custom-objects {place}: the package has no layer, and registers nothing with "
                "keras.saving.register_keras_serializable; write MODULE:NAME"
            )
        objects |= found
    return objects


def _objects_of(package: ModuleType) -> dict[str, Any]:
    """What the package has registered with Keras, and the layers that it defines or exports."""
    found: dict[str, Any] = {
        name: value for name, value in vars(package).items() if _is_layer(value)
    }
    for library in (keras, tf_keras):
        registered = library.saving.get_custom_objects()
        found |= {key.rpartition(">")[2]: value for key, value in registered.items()}
    return {name: value for name, value in found.items() if _is_of(value, package)}


def _is_layer(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, keras.Layer | tf_keras.layers.Layer)


def _is_of(value: object, package: ModuleType) -> bool:
    module = str(getattr(value, "__module__", ""))
    return module == package.__name__ or module.startswith(f"{package.__name__}.")
