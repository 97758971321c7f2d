"""The page of models, the documentation, and what both need."""

import json
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from functions.api.deps import Models
from functions.api.dialects.examples import example_requests
from functions.api.pages.rendering import FOLDER, Link, Pages
from inference.models import Metadata, ModelFolder

LINKS = [Link("Models", "models"), Link("API", "docs")]

router = APIRouter(include_in_schema=False)
_pages = Pages(FOLDER / "templates")


@dataclass(frozen=True)
class ExampleOption:
    """A dialect in a model's form: where its example is sent, and the example as JSON."""

    dialect: str
    path: str
    body: str


@dataclass(frozen=True)
class ServedModel:
    """A model as the page shows it; no examples where its rows are too long for a form."""

    metadata: Metadata
    examples: list[ExampleOption]


@router.get("/")
async def read_front_page() -> Response:
    """The page of models, where no endpoint has a front page of its own."""
    return RedirectResponse("models")


@router.get("/models")
async def read_models(request: Request, models: Models) -> Response:
    """What is served, and what is not, with the reason."""
    return _pages.render(
        request,
        "models.html",
        address="models",
        models=[_served(models, metadata) for metadata in models.served.values()],
        broken=models.broken,
    )


def _served(models: ModelFolder, metadata: Metadata) -> ServedModel:
    examples = [
        ExampleOption(example.dialect, example.path, json.dumps(example.body))
        for example in example_requests(models, metadata)
    ]
    return ServedModel(metadata, examples)


@router.get("/docs")
async def read_documentation(request: Request) -> Response:
    """Swagger UI on this server's own OpenAPI document."""
    return _pages.render(request, "docs.html", address="docs")


def mount_assets(app: FastAPI) -> None:
    """Swagger UI's files come from its package, ours from ``assets/``. No CDN is asked."""
    app.mount("/assets/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]))
    app.mount("/assets", StaticFiles(directory=FOLDER / "assets"))
