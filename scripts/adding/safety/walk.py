"""A walk through a parsed configuration that no depth and no cycle of a file can stop."""

from collections.abc import Iterator
from typing import Any

from scripts.adding.sources import SourceError

_MAX_DEPTH = 250  # a model in a model adds about eight


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
            waiting.extend((inner, depth + 1) for inner in value.values())
        elif isinstance(value, list):
            waiting.extend((inner, depth + 1) for inner in value)
