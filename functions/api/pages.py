"""Pages for people: the front page and the documentation, whole without internet access."""

import html
import string
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from functions.pet_names import draw_names

_PAGE = Path(__file__).parent / "page"

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
async def read_front_page() -> str:
    """Twenty names, drawn on the server."""
    items = "\n".join(f"<li>{html.escape(name)}</li>" for name in draw_names(20).names)
    template = string.Template((_PAGE / "index.html").read_text(encoding="utf-8"))
    return template.substitute(names=items)


@router.get("/docs")
async def read_documentation() -> FileResponse:
    """Swagger UI on this server's own OpenAPI document."""
    return FileResponse(_PAGE / "docs.html")


def mount_assets(app: FastAPI) -> None:
    """Swagger UI's files come from the package, ours from ``page/``; no CDN is asked."""
    app.mount("/assets/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]))
    app.mount("/assets", StaticFiles(directory=_PAGE))
