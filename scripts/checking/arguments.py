"""What the user wrote after the name of the command, as ``NAME=value``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.adding.early import refuse_early
from scripts.adding.given import SourceError, folder_of, one_line, refuse_own_code
from scripts.checking import MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILES = ("LABELS", "EXAMPLES")
_ENGINES = ("auto", "litert", "tensorflow")


def check_model(given: Mapping[str, str]) -> None:
    """Raise :class:`MissingError` if ``add-model`` would refuse what it is given."""
    if not given.get("MODEL") or not given.get("NAME"):
        raise MissingError("usage: make add-model MODEL=path NAME=name")
    engine = given.get("ENGINE") or _ENGINES[0]
    if engine not in _ENGINES:
        raise MissingError(f"ENGINE={engine} is unknown: expected one of {', '.join(_ENGINES)}")
    try:
        models = Path(given.get("MODELS_DIR") or "model").resolve()
        refuse_own_code(folder_of(models, given["NAME"]))
        files = (Path(given[name]).expanduser() if given.get(name) else None for name in _FILES)
        refuse_early(Path(given["MODEL"]).expanduser(), engine, *files)
    except SourceError as error:
        raise MissingError(f"{given['NAME']} was not added: {one_line(str(error))}") from error


def check_url(given: Mapping[str, str]) -> None:
    """Raise :class:`MissingError` if there is no address to call."""
    url = given.get("URL", "")
    if not url.startswith(("http://", "https://")):
        found = f"URL={url} is no address" if url else "URL= is missing"
        raise MissingError(f"{found}: make smoke URL=http://127.0.0.1:8000")


def check_models_dir(given: Mapping[str, str]) -> None:
    """Raise :class:`MissingError` if the folder of models is not there or may not be read."""
    folder = given.get("MODELS_DIR") or "model"
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise MissingError(
            f"MODELS_DIR={folder} cannot be read: {error.strerror}; expected a folder that "
            "holds a folder for each model"
        ) from error
