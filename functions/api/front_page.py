"""The front page: names drawn on the server, so that it works without JavaScript.

Its form sends what ``/names`` takes; the link to the names on screen keeps the seed as well.
"""

import json
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field

from functions.api.pages import escape, page, send_file
from functions.pet_names import MODEL, Batch, draw_names, known_names
from inference.models import served_models
from inference.telemetry import record_generation

_CURVE = "learning_curve.png"


def _or_none(value: object) -> object:
    """An empty field of the form is one that nothing was put in."""
    return None if value == "" else value


class Choices(BaseModel):
    """What the form may send; the same as ``/names`` takes, but for empty fields."""

    count: int = Field(default=20, ge=1, le=1000)
    temperature: float = Field(default=1.0, ge=0.1, le=3)
    species: Annotated[Literal["dog", "cat"] | None, BeforeValidator(_or_none)] = None
    prefix: str = Field(default="", pattern="^[A-Za-z]*$", max_length=10)
    seed: Annotated[int | None, BeforeValidator(_or_none)] = Field(
        default=None, ge=-(2**63), lt=2**63
    )


router = APIRouter(include_in_schema=False)


@router.get("/")
async def read_front_page(request: Request, choices: Annotated[Choices, Query()]) -> Response:
    """Names, each marked where it is in no licence, and the request that draws them again."""
    batch = draw_names(**choices.model_dump())
    record_generation(len(batch.names), batch.model_milliseconds)
    query = urlencode(
        choices.model_dump(exclude_none=True, exclude_defaults=True) | {"seed": batch.seed}
    )
    return page(
        request,
        "index.html",
        **{f"species_{name}": "" for name in ("any", "dog", "cat")}
        | {f"species_{choices.species or 'any'}": "checked"},
        temperature=escape(choices.temperature),
        prefix=escape(choices.prefix),
        count=str(choices.count),
        seed=str(batch.seed),
        title="A name" if choices.count == 1 else f"{choices.count} names",
        names=_items(batch),
        note=_note(batch),
        link=escape(f"./?{query}"),
        samples=_samples(f"{request.base_url}names?{query}"),
        card=_card(),
    )


@router.get(f"/models/{MODEL}/{_CURVE}")
async def read_learning_curve() -> Response:
    """The picture in the model's card."""
    return send_file(served_models().directory / MODEL / _CURVE)


def _items(batch: Batch) -> str:
    known = known_names()
    return "\n".join(
        f'<li class="new">{escape(name)}</li>'
        if known and name.lower() not in known
        else f"<li>{escape(name)}</li>"
        for name in batch.names
    )


def _note(batch: Batch) -> str:
    new = "Marked as new: in no licence that the data holds. " if known_names() else ""
    return f"{new}The model took {batch.model_milliseconds:.1f} ms."


def _samples(url: str) -> str:
    """The same request in the languages that people would send it from."""
    quoted: Any = json.dumps(url)
    samples = {
        "curl": f"curl '{url}'",
        "Python": (
            f"import json, urllib.request\nnames = json.load(urllib.request.urlopen({quoted}))"
        ),
        "R": f"names <- jsonlite::fromJSON({quoted})",
        "JavaScript": f"const names = await (await fetch({quoted})).json();",
    }
    return "\n".join(
        f'<div class="sample"><h3>{language}</h3><pre tabindex="0">{escape(code)}</pre></div>'
        for language, code in samples.items()
    )


def _card() -> str:
    """What training wrote, as HTML; its pictures are the model's."""
    file = served_models().directory / MODEL / "card.html"
    if not file.exists():
        return "<p>This model has no card yet.</p>"
    return file.read_text(encoding="utf-8").replace('src="', f'src="models/{MODEL}/')
