"""Pages for people, whole without internet access: what they share, and the documentation.

Templates are in ``page/``. Nothing inline, nothing from elsewhere: the policy forbids both.
"""

import hashlib
import html
import string
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

_PAGE = Path(__file__).parent / "page"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",  # kept, but asked for again by its ETag
}

router = APIRouter(include_in_schema=False)


def escape(value: object) -> str:
    """Text as it may stand in a page, in attributes too."""
    return html.escape(str(value), quote=True)


def fill(template: str, **values: str) -> str:
    """A template of ``page/`` with its values, which are HTML: escape what is not."""
    return string.Template((_PAGE / template).read_text(encoding="utf-8")).substitute(values)


def page(request: Request, template: str, **values: str) -> Response:
    """A whole page, or 304 to a browser that has it."""
    text = fill(template, **values)
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'
    headers = _HEADERS | {"ETag": etag}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="text/html", headers=headers)


@router.get("/docs")
async def read_documentation(request: Request) -> Response:
    """Swagger UI on this server's own OpenAPI document."""
    return page(request, "docs.html")


async def to_models() -> Response:
    """The front page of a server that has its own models instead of the example."""
    return RedirectResponse("models")


def mount_assets(app: FastAPI) -> None:
    """Swagger UI's files come from the package, ours from ``page/``; no CDN is asked."""
    app.mount("/assets/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]))
    app.mount("/assets", StaticFiles(directory=_PAGE))


def send_file(path: Path) -> Response:
    """A picture of a model's card."""
    return FileResponse(path, headers={"X-Content-Type-Options": "nosniff"})
