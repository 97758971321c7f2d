"""JSON bodies to Python objects. What cannot be a request is refused before it is parsed.

A parser makes an object of every list, name and value of a body, and six megabytes can hold three
million. So these are counted first, in the bytes, against what the model's limits allow.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pydantic_core
from fastapi.concurrency import run_in_threadpool

from inference.errors import InvalidInputError, TooLargeError
from inference.limits import Limits
from inference.models import Metadata

# As many are always parsed. It takes milliseconds, and the errors of the decoders are better.
_ALWAYS_PARSED = 100_000
_LARGE = 65_536  # bytes

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Bounds:
    """The most lists and objects, names, and values that a request to a model can hold."""

    limits: Limits
    values: int
    containers: int
    names: int

    @classmethod
    def of(cls, metadata: Metadata) -> "_Bounds":
        """Those of the model's largest signature."""
        limits, signatures = metadata.limits, metadata.signatures.values()
        lists = max(limits.most_lists(signature) for signature in signatures)
        objects = max(
            limits.rows * len(signature.inputs)
            + limits.most_values(signature)
            * any(spec.dtype == "string" for spec in signature.inputs.values())
            + limits.rows * len(signature.features)
            for signature in signatures
        )
        values = max(
            limits.most_values(signature)
            + limits.rows * sum(spec.size for spec in signature.features.values())
            for signature in signatures
        )
        return cls(
            limits,
            values + _ALWAYS_PARSED,
            lists + objects + _ALWAYS_PARSED,
            objects + _ALWAYS_PARSED,
        )

    def require(self, text: bytes) -> None:
        """Raise :class:`TooLargeError` for a body beyond them."""
        if not self._exceeded(text):
            return
        plain = _without_strings(text)  # which may hold any of the signs that are counted
        if self._exceeded(plain):
            self.limits.require_values(plain.count(b",") + 1)
            raise TooLargeError(
                f"{plain.count(b',') + 1} values, {plain.count(b'[')} lists, {plain.count(b'{')} "
                f"objects and {plain.count(b':')} names are more than one request to this model "
                "may hold (max_batch and max_values in the model's metadata.json)"
            )

    def _exceeded(self, text: bytes) -> bool:
        return (
            text.count(b",") >= self.values
            or text.count(b"[") + text.count(b"{") > self.containers
            or text.count(b":") > self.names
        )


def _without_strings(text: bytes) -> bytes:
    text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    signs = np.frombuffer(text, np.uint8)
    inside = np.cumsum(signs == ord('"'), dtype=np.uint8) & 1  # after an odd number of quotes
    return bytes(signs[inside == 0])


def read_object(
    body: bytes | memoryview, metadata: Metadata, *, allow_nan: bool = True
) -> dict[str, Any]:
    """A JSON object for this model; NaN and Infinity are numbers where they are allowed.

    Raises :class:`InvalidInputError`, and :class:`TooLargeError` before it parses.
    """
    text = bytes(body)  # the same object, if it is bytes already
    if len(text) > _ALWAYS_PARSED:
        _Bounds.of(metadata).require(text)
    try:
        with _no_collection(len(text)):
            parsed = pydantic_core.from_json(text, allow_inf_nan=allow_nan)
    except ValueError as error:
        raise InvalidInputError(f"JSON Parse error: {error}") from error
    if not isinstance(parsed, dict):
        raise InvalidInputError("JSON Parse error: the body must be an object")
    return parsed


async def decode(size: int, metadata: Metadata, work: Callable[[], Result]) -> Result:
    """What ``work`` makes of a body of this size; in a thread where it takes long.

    A few bytes may be a picture of many pixels.
    """
    if size > _LARGE or metadata.images:
        return await run_in_threadpool(work)
    return work()


@contextmanager
def _no_collection(size: int) -> Iterator[None]:
    """Parsing makes no cycles. Looking for some while lists are made takes most of the time."""
    pause = size > _LARGE and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()
