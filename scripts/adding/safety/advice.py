"""The package that admits what was refused, for the objects of which that can be told."""

from typing import Any

_PACKAGES = ("keras_hub", "keras_nlp", "keras_cv")  # by Keras' authors


def package_of(refused: list[dict[str, Any]]) -> str | None:
    """The option that admits all of ``refused``, configurations of objects; None for others.

    A module that the file names is never repeated as advice: it may be `os`.
    """
    roots = {_root(config) for config in refused}
    if len(roots) != 1 or None in roots:
        return None
    return f"--custom-objects {roots.pop()} (the package must be installed beside TensorFlow)"


def _root(config: dict[str, Any]) -> str | None:
    package = str(config.get("registered_name")).rpartition(">")[0]
    module = str(config.get("module")).split(".", maxsplit=1)[0]
    return next((name for name in _PACKAGES if name in (package, module)), None)
