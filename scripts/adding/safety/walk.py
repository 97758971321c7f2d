"""A walk through a parsed configuration that no depth and no cycle of a file can stop."""

from collections.abc import Iterator
from typing import Any

from scripts.adding.sources import SourceError

_MAX_DEPTH = 250  # a model in a model adds about eight
_COMPILE = "compile_config"
_MODELS = ("Functional", "Model", "Sequential")


def dictionaries(configuration: object, name: str) -> Iterator[dict[str, Any]]:
    """Each dict at any depth, an outer one before those in it.

    ``name`` is the file's. Raises :class:`SourceError` where it is nested too deep for Keras.
    """
    waiting = [(configuration, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise SourceError(
                f"{name} has a configuration nested deeper than {_MAX_DEPTH} levels: refused"
            )
        if isinstance(value, dict):
            yield value
            nested_model = value.get("class_name") in _MODELS
            waiting.extend(
                (inner, depth + 1)
                for key, inner in value.items()
                if not (nested_model and key == _COMPILE)
            )
        elif isinstance(value, list):
            waiting.extend((inner, depth + 1) for inner in value)


def without_compile(architecture: object) -> object:
    """The configuration of a model without its losses, metrics and optimizer.

    They are never loaded, neither of the model nor of the models in it. Only a model's are left
    out: what stands under the same name elsewhere is checked like all else.
    """
    if isinstance(architecture, dict) and "class_name" in architecture:
        return {key: value for key, value in architecture.items() if key != _COMPILE}
    return architecture
