"""What can be refused within a second, before anything is installed, imported or copied.

Like ``given``, this module imports the standard library alone and runs on Python 3.8.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from scripts.adding.given import SourceError, container_of, open_regular, refuse_weights

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 16_000_000  # of labels or rows; larger files are read once TensorFlow is there


def refuse_early(model: Path, engine: str, labels: Path | None, examples: Path | None) -> None:
    """Raise :class:`SourceError` for files and flags that no model makes right."""
    container = container_of(model)
    if container == "HDF5":
        refuse_weights(model)
    if container == "LiteRT" and engine == "tensorflow":
        raise SourceError(
            f"{model.name} is a .tflite file, which TensorFlow cannot serve: leave the engine out, "
            "or add the Keras model or SavedModel that it was made from"
        )
    if labels:
        _refuse_labels(labels)
    if examples:
        _refuse_examples(examples)


def _refuse_labels(path: Path) -> None:
    text = _text(path)
    if text is None:
        return
    if not text.strip():
        raise SourceError(f"{path.name} holds no labels: expected a line for each class")
    if text.lstrip().startswith("["):
        labels = _json(path, text)
        if not labels:
            raise SourceError(f"{path.name} holds no labels: expected a list of texts")
        if not all(isinstance(label, str) for label in labels):
            raise SourceError(f"{path.name}: every label must be text")


def _refuse_examples(path: Path) -> None:
    if path.suffix.lower() not in (".csv", ".json"):
        open_regular(path).close()  # what it holds is for the model to say
        return
    text = _text(path)
    if text is None:
        return
    if path.suffix.lower() == ".csv":
        lines = [line for line in csv.reader(text.splitlines()) if line]
        has_rows = len(lines) > 1 or any(is_number(cell) for line in lines for cell in line)
    else:
        content = _json(path, text)
        has_rows = bool(content.get("instances", content) if isinstance(content, dict) else content)
    if not has_rows:
        raise SourceError(
            f"{path.name} holds no rows: expected a JSON list of rows, or a CSV file with a "
            "header and a line for each row"
        )


def _text(path: Path) -> str | None:
    """A small file's text, None for a large one."""
    with open_regular(path) as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path.name} is no text in UTF-8 (byte {error.start}): save it as UTF-8"
        ) from error


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SourceError(f"{path.name} is not valid JSON: {error}") from error
    except RecursionError as error:
        raise SourceError(f"{path.name} holds JSON that is nested too deep") from error


def is_number(text: str) -> bool:
    """Whether the text of a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
