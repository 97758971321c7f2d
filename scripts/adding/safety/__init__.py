"""Checks before anything is loaded: what a file may hold is listed, all else is refused.

Keras' own safe mode stays on as well. It is not enough: it does not cover legacy HDF5 files or
SavedModels, and a configuration can evade it. ``docs/decisions/allow-lists.md`` says more.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import h5py

from scripts.adding.safety.advice import package_of
from scripts.adding.safety.archives import refuse_bad_archive
from scripts.adding.safety.arguments import refused_arguments
from scripts.adding.safety.hdf5 import refuse_bad_hdf5
from scripts.adding.safety.keras_objects import keras_3
from scripts.adding.safety.legacy_objects import legacy_keras, unknown_names
from scripts.adding.safety.litert import refuse_bad_litert
from scripts.adding.safety.objects import Generation, refused_object
from scripts.adding.safety.saved_models import operations_of, refuse_bad_folder
from scripts.adding.safety.walk import dictionaries, without_compile
from scripts.adding.sources import Source, SourceError

_MAX_REASONS = 5
_MAX_CLASSES = 8  # in one message
_ANY_OPTION = (
    "--allow-code (for a Lambda layer) or --custom-objects MODULE:NAME (for a class or function of "
    "yours)"
)
_NO_CLASSES = ("Lambda", "__lambda__", "__numpy__", "__tensor__", "TypeSpec", "function")


def refuse_hostile(source: Source) -> None:
    """Raise :class:`SourceError` for content that Keras and TensorFlow never write."""
    if source.kind == "SavedModel":
        refuse_bad_folder(source)
    elif source.kind == "LiteRT":
        refuse_bad_litert(source.path)
    elif source.suffix == ".keras":
        refuse_bad_archive(source.path)
    else:
        with h5py.File(source.path, "r") as file:
            refuse_bad_hdf5(file, source.path.name, source.path.stat().st_size)


def refuse_code(source: Source, allowed: AbstractSet[str]) -> None:
    """Raise :class:`SourceError` unless all that the file names is known to only compute.

    ``allowed`` are the names of classes and functions that the user has given.
    """
    refused: list[dict[str, Any]] = []
    if source.kind == "SavedModel":
        found = operations_of(source)
    else:
        found = list(dict.fromkeys(_refused_in(source, allowed, refused)))
    if found:
        more = f"; {len(found) - _MAX_REASONS} more" if len(found) > _MAX_REASONS else ""
        raise SourceError(
            f"{source.path.name} contains code: {'; '.join(found[:_MAX_REASONS])}{more}. If you "
            f"trust its author, add {_options(source, allowed, found, refused)}"
        )


def missing_classes(source: Source, allowed: AbstractSet[str]) -> list[str]:
    """Classes that are not Keras' own and that the user has not given, each once."""
    generation = _generation(source)
    found = (
        config["class_name"]
        for config in dictionaries(without_compile(source.architecture), source.path.name)
        if isinstance(config.get("class_name"), str)
        and refused_object(config, generation, allowed)
        and config["class_name"] not in (*generation.classes, *_NO_CLASSES)
    )
    return sorted({name for name in found if name.isidentifier()})[:_MAX_CLASSES]


def options_for(classes: list[str]) -> str:
    """What admits these classes."""
    them = "it" if len(classes) == 1 else "them"
    options = " ".join(f"--custom-objects MODULE:{name:.60}" for name in classes)
    return f"ARGS='{options}', where MODULE is your module that defines {them}"


def _options(
    source: Source, allowed: AbstractSet[str], found: list[str], refused: list[dict[str, Any]]
) -> str:
    """The options that admit all that was found."""
    package = package_of(refused)
    if package:
        return package
    is_keras = source.kind in ("Keras 3", "legacy Keras")
    classes = missing_classes(source, allowed) if is_keras else []
    if not classes:
        return _ANY_OPTION
    lambdas = any(reason.endswith(("of class Lambda", "of class __lambda__")) for reason in found)
    return options_for(classes) + ("; and --allow-code, for its Lambda layers" * lambdas)


def _generation(source: Source) -> Generation:
    return legacy_keras() if source.kind == "legacy Keras" else keras_3()


def _refused_in(
    source: Source, allowed: AbstractSet[str], refused: list[dict[str, Any]]
) -> Iterator[str]:
    """The parts of a Keras configuration that are not listed, described.

    The objects among them are added to ``refused``.
    """
    legacy = source.kind == "legacy Keras"
    generation = _generation(source)
    stored_bytes = source.path.stat().st_size
    named = set()  # one layer of each class that is not known is enough
    for config in dictionaries(without_compile(source.architecture), source.path.name):
        if "class_name" in config:
            reason = refused_object(config, generation, allowed)
            key = (str(config.get("module")), str(config["class_name"]))
            if reason and (key not in named or config["class_name"] in generation.classes):
                named.add(key)
                refused.append(config)
                yield reason
        yield from refused_arguments(config, stored_bytes)
        if legacy:
            yield from unknown_names(config, allowed)
