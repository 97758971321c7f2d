"""The page of names. The server draws them, so that the page works without JavaScript.

Its form sends what ``/names`` takes. The link to the names on screen keeps the seed as well.
"""

import json
import shlex
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from functions.api.deps import Models, Predict
from functions.api.pages import Pages
from functions.endpoints.pet_names.drawing import MODEL, draw_names, known_names
from functions.endpoints.pet_names.query import FormQuery, NamesQuery
from functions.endpoints.pet_names.routes import record_drawing
from inference.errors import BrokenModelError
from inference.models import ModelFolder
from inference.telemetry import logger

_FOLDER = Path(__file__).parent
_CURVE = "learning_curve.png"

router = APIRouter(include_in_schema=False)
_pages = Pages(_FOLDER / "templates")
_assets = StaticFiles(directory=_FOLDER / "assets")


@dataclass(frozen=True)
class Name:
    """A name as the page shows it; ``new`` if it is in no licence of the data."""

    text: str
    new: bool


@dataclass(frozen=True)
class Sample:
    """The request behind the page in one language."""

    language: str
    code: str


@router.get("/")
async def read_front_page(
    request: Request, models: Models, predictor: Predict, query: Annotated[FormQuery, Query()]
) -> Response:
    """Names, each marked where it is in no licence, and the request that draws them again."""
    try:
        drawing = await predictor.in_turn(MODEL, partial(draw_names, models, query))
    except BrokenModelError as error:
        logger.error("the names cannot be drawn", reason=str(error))
        return RedirectResponse("models")  # which tells the reason
    record_drawing(drawing)
    licensed = known_names(models.directory)
    choices = query.model_dump(exclude_none=True, exclude_defaults=True) | {"seed": drawing.seed}
    encoded = urlencode(choices)
    return _pages.render(
        request,
        "names.html",
        address="./",
        query=query,
        bounds=_bounds(),
        drawing=drawing,
        names=[
            Name(name, bool(licensed) and name.lower() not in licensed) for name in drawing.names
        ],
        has_known_names=bool(licensed),
        link=f"./?{encoded}",
        samples=_samples(f"{request.base_url}names?{encoded}"),
        card=_card(models),
    )


@router.get(f"/models/{MODEL}/{_CURVE}")
async def read_learning_curve(models: Models) -> Response:
    """The picture in the model's card."""
    file = models.directory / MODEL / _CURVE
    return FileResponse(file, headers={"X-Content-Type-Options": "nosniff"})


@router.get(f"/assets/{MODEL}/{{file}}")
async def read_asset(request: Request, file: str) -> Response:
    """The page's own files."""
    return await _assets.get_response(file, request.scope)


@cache
def _bounds() -> dict[str, Any]:
    """What the form's fields allow: the JSON Schema of the query's fields."""
    properties: dict[str, Any] = NamesQuery.model_json_schema()["properties"]
    return properties


def _samples(url: str) -> list[Sample]:
    """The same request in the languages that people would send it from."""
    quoted = json.dumps(url)
    return [
        Sample("curl", f"curl {shlex.quote(url)}"),
        Sample(
            "Python",
            f"import json, urllib.request\nnames = json.load(urllib.request.urlopen({quoted}))",
        ),
        Sample("R", f"names <- jsonlite::fromJSON({quoted})"),
        Sample("JavaScript", f"const names = await (await fetch({quoted})).json();"),
    ]


def _card(models: ModelFolder) -> str | None:
    """What training wrote, as HTML; its pictures are the model's."""
    file = models.directory / MODEL / "card.html"
    if not file.exists():
        return None
    return file.read_text(encoding="utf-8").replace('src="', f'src="models/{MODEL}/')
