"""The corpus of hostile files: each kind of attack, written by the libraries that would run it.

``EVERY`` gives for each name a function that writes one file or folder under a folder, and a part
of the line with which ``add-model`` must refuse it. Whatever ran would leave ``marks.MARKER``.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.hostile import (
    archives,
    damaged,
    hdf5_files,
    keras_configs,
    legacy_archives,
    legacy_configs,
    litert_files,
    saved_models,
)

__all__ = ["EVERY"]

_KINDS: dict[str, Mapping[str, tuple[Callable[[Path], Path], str]]] = {
    "damaged": damaged.CASES,
    "archive": archives.CASES,
    "HDF5": hdf5_files.CASES,
    "Keras 3": keras_configs.CASES,
    "legacy Keras": legacy_configs.CASES,
    "Keras 2 archive": legacy_archives.CASES,
    "SavedModel": saved_models.CASES,
    "LiteRT": litert_files.CASES,
}
EVERY: dict[str, tuple[Callable[[Path], Path], str]] = {
    f"{kind}: {name}": case for kind, cases in _KINDS.items() for name, case in cases.items()
}
