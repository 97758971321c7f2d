"""Endpoints: what users own. A module or package here is served by its ``router``.

A module ``functions/endpoints/iris.py`` needs nothing but its router::

    router = APIRouter(tags=["iris"])


    @router.get("/iris")
    async def read_iris(models: Models) -> dict[str, float]: ...

It may have these names, and needs a router, a job, or a model with ``decode`` or ``encode``:

- ``router``: its routes
- ``requires``: names of the models that it needs; without them it is not served
- ``fits``: whether these are the models that it was written for, where another may have the name;
  called with the :class:`inference.models.ModelFolder`
- ``link``: its page's entry in the navigation, a :class:`functions.api.pages.Link`
- ``job``: what it runs on the schedule, a :class:`functions.jobs.Job`
- ``model``: the model whose typed route, ``POST /models/NAME/predict``, uses the two functions
- ``decode``: ``async def decode(request: Request) -> Tensors``, what is sent as the model takes it
- ``encode``: ``def encode(outputs: Tensors) -> Json``, the answer
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from fastapi import APIRouter

from functions.api.codecs import Codec, Decode, Encode
from functions.api.pages import Link
from functions.jobs import Job
from inference.models import ModelFolder

_ATTRIBUTES = ("router", "requires", "fits", "link", "job", "model", "decode", "encode")


@dataclass(frozen=True)
class Endpoint:
    """One of these modules."""

    name: str
    router: APIRouter | None = None
    requires: Sequence[str] = ()
    fits: Callable[[ModelFolder], bool] | None = None
    link: Link | None = None
    job: Job[Any] | None = None
    model: str | None = None
    decode: Decode | None = None
    encode: Encode | None = None

    def can_serve(self, models: ModelFolder) -> bool:
        """Whether the models that it needs are there. A broken one answers 503."""
        there = all(name in models.served or name in models.broken for name in self.requires)
        return there and (self.fits is None or self.fits(models))


def discover() -> list[Endpoint]:
    """The endpoints of this folder, in the order of their names."""
    modules = [
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    endpoints = [_endpoint(module) for module in modules]
    return [
        endpoint
        for endpoint in endpoints
        if endpoint.router or endpoint.job or endpoint.decode or endpoint.encode
    ]


def codecs_of(endpoints: Sequence[Endpoint]) -> Mapping[str, Codec]:
    """The code for typed routes, by the model's name.

    Raises ``ValueError`` where it is not clear which code a model's route uses.
    """
    codecs: dict[str, Codec] = {}
    for endpoint in endpoints:
        if not (endpoint.decode or endpoint.encode):
            continue
        place = f"functions/endpoints/{endpoint.name}"
        if endpoint.model is None:
            raise ValueError(
                f"{place} has 'decode' or 'encode', but does not say for which model: "
                'add a line such as model = "iris"'
            )
        if endpoint.decode and not inspect.iscoroutinefunction(endpoint.decode):
            raise ValueError(
                f"{place}: 'decode' is a plain function, and cannot read a request's body: "
                "write 'async def decode(request)'"
            )
        if endpoint.model in codecs:
            raise ValueError(
                f"{place} has 'decode' or 'encode' for the model {endpoint.model!r}, "
                "for which another endpoint has some too: keep one of them"
            )
        codecs[endpoint.model] = Codec(endpoint.decode, endpoint.encode)
    return codecs


def _endpoint(module: ModuleType) -> Endpoint:
    name = module.__name__.rpartition(".")[2]
    attributes = {
        attribute: getattr(module, attribute)
        for attribute in _ATTRIBUTES
        if hasattr(module, attribute)
    }
    return Endpoint(name, **attributes)
