"""Checks before anything is loaded: what a file may hold is listed, all else is refused.

Keras' own safe mode stays on as well. It is not enough: it does not cover legacy HDF5 files or
SavedModels, and a configuration can evade it. ``docs/decisions/allow-lists.md`` says more.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import h5py

from scripts.adding.safety.archives import refuse_bad_archive
from scripts.adding.safety.arguments import refused_arguments
from scripts.adding.safety.hdf5 import refuse_bad_hdf5
from scripts.adding.safety.keras_objects import keras_3
from scripts.adding.safety.legacy_objects import legacy_keras, unknown_names
from scripts.adding.safety.litert import refuse_bad_litert
from scripts.adding.safety.objects import refused_object
from scripts.adding.safety.saved_models import operations_of, refuse_bad_folder
from scripts.adding.safety.walk import dictionaries
from scripts.adding.sources import Source, SourceError

_MAX_REASONS = 5


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
    if source.kind == "SavedModel":
        found = operations_of(source)
    else:
        found = list(dict.fromkeys(_refused_in(source, allowed)))
    if found:
        more = f"; {len(found) - _MAX_REASONS} more" if len(found) > _MAX_REASONS else ""
        raise SourceError(
            f"{source.path.name} contains code: {'; '.join(found[:_MAX_REASONS])}{more}. If you "
            "trust its author, add --allow-code (for a Lambda layer) or --custom-objects "
            "MODULE:NAME (for a class or function of yours)"
        )


def _refused_in(source: Source, allowed: AbstractSet[str]) -> Iterator[str]:
    """The parts of a Keras configuration that are not listed, described."""
    legacy = source.kind == "legacy Keras"
    generation = legacy_keras() if legacy else keras_3()
    stored_bytes = source.path.stat().st_size
    for config in dictionaries(source.architecture, source.path.name):
        if "class_name" in config:
            reason = refused_object(config, generation, allowed)
            if reason:
                yield reason
        yield from refused_arguments(config, stored_bytes)
        if legacy:
            yield from unknown_names(config, allowed)
