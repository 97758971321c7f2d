"""A user's own code between a request and a model, where declarations in the metadata end.

``decode`` makes tensors of the request, and ``encode`` makes the answer of the tensors. A module in
:mod:`functions.endpoints` gives them for the model that it names; each may be left out. The rest of
the typed route stays: its limits, turns, errors and metrics.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request

from inference.signatures import Tensors
from inference.tensors import Json

Decode = Callable[[Request], Awaitable[Tensors]]
Encode = Callable[[Tensors], Json]


@dataclass(frozen=True)
class Codec:
    """What a module gives for one model's typed route."""

    decode: Decode | None = None
    encode: Encode | None = None
