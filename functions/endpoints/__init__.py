"""Endpoints: what users own. A module or package here is served by its ``router``.

A module ``functions/endpoints/iris.py`` needs nothing but its router::

    router = APIRouter(tags=["iris"])


    @router.get("/iris")
    async def read_iris(models: Models) -> dict[str, float]: ...

It may have these names, and needs a router or a job:

- ``router``: its routes
- ``requires``: names of the models that it needs; without them it is not served
- ``fits``: whether these are the models that it was written for, where another may have the name;
  called with the :class:`inference.models.ModelFolder`
- ``link``: its page's entry in the navigation, a :class:`functions.api.pages.Link`
- ``job``: what it runs on the schedule, a :class:`functions.jobs.Job`
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from fastapi import APIRouter

from functions.api.pages import Link
from functions.jobs import Job
from inference.models import ModelFolder


@dataclass(frozen=True)
class Endpoint:
    """One of these modules."""

    name: str
    router: APIRouter | None = None
    requires: Sequence[str] = ()
    fits: Callable[[ModelFolder], bool] | None = None
    link: Link | None = None
    job: Job[Any] | None = None

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
    return [endpoint for endpoint in endpoints if endpoint.router or endpoint.job]


def _endpoint(module: ModuleType) -> Endpoint:
    name = module.__name__.rpartition(".")[2]
    attributes = {
        attribute: getattr(module, attribute)
        for attribute in ("router", "requires", "fits", "link", "job")
        if hasattr(module, attribute)
    }
    return Endpoint(name, **attributes)
