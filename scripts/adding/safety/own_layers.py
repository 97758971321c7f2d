"""Layers that Keras' own networks bring, known by the module that defines them.

They are not public, so that HDF5 files name them without a module, and Keras alone does not find
them: ``LayerScale`` of ConvNeXt, for example.
"""

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def defined_layers(package: ModuleType, base: type[Any]) -> dict[str, type[Any]]:
    """The subclasses of ``base`` that the modules of a package define, by name."""
    found: dict[str, type[Any]] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if module.name.endswith("_test") or module.ispkg:
            continue
        defined = importlib.import_module(module.name)
        found |= {
            name: value
            for name, value in vars(defined).items()
            if isinstance(value, type)
            and issubclass(value, base)
            and (value.__module__, value.__name__) == (module.name, name)
        }
    return found
