"""Arguments of a Keras object that are code, or that name a file, whatever the object is."""

from collections.abc import Iterator
from typing import Any

_LISTS = {"idf_weights", "vocabulary"}  # a path where Keras accepts one, a list here
_FILES = {"file", "filename", "filepath", "path"}
_FILE_ENDINGS = ("_dir", "_directory", "_file", "_filename", "_filepath", "_path", "_pattern")
# Each unit needs a stored weight. More of them than bytes in the file are no trained model.
_SIZES = {"filters", "input_dim", "intermediate_dim", "key_dim", "output_dim", "units", "value_dim"}
_MIN_SIZE_TO_REFUSE = 1_000_000


def refused_arguments(config: dict[str, Any], stored_bytes: int) -> Iterator[str]:
    """What is code, a path, or a size that the file cannot hold, described."""
    for key, value in config.items():
        if key.endswith("_type") and value == "lambda":
            yield f"code of its author in '{key}'"
        elif key in _LISTS and isinstance(value, str):
            yield f"the path {value!r:.80} as '{key}', where a list or an asset is expected"
        elif isinstance(value, str) and (key in _FILES or key.endswith(_FILE_ENDINGS)):
            yield f"the path {value!r:.80} as '{key}'"
        elif key in _SIZES and _number(value) > max(_MIN_SIZE_TO_REFUSE, stored_bytes):
            yield f"{key}={value}, whose weights the file of {stored_bytes} bytes cannot hold"


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0
