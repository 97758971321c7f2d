"""Templates to responses: headers that forbid what is not the page's own, and ETags.

Nothing inline, nothing from elsewhere: the policy forbids both.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response

if TYPE_CHECKING:
    from fastapi.templating import Jinja2Templates

FOLDER = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",  # a browser keeps the page, and asks with its ETag
}


@dataclass(frozen=True)
class Link:
    """An entry of the navigation. ``address`` is relative to the front page."""

    label: str
    address: str


class Pages:
    """The templates of one folder, which may extend those of the frame."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _templates(self) -> "Jinja2Templates":
        # Importing Jinja2 takes 0.02 s, which a start without a page does not need.
        from fastapi.templating import Jinja2Templates  # noqa: PLC0415
        from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

        environment = Environment(
            loader=FileSystemLoader([self._folder, FOLDER / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,  # a misspelt name is an error, not an empty place
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return Jinja2Templates(env=environment, context_processors=[_links])

    def render(
        self, request: Request, template: str, *, address: str, **values: object
    ) -> Response:
        """A whole page, or 304 to a browser that has it.

        ``address`` is the page's own among the navigation's links.
        """
        response = self._templates.TemplateResponse(
            request, template, {"address": address, **values}, headers=_HEADERS
        )
        etag = f'"{hashlib.sha256(response.body).hexdigest()[:20]}"'
        response.headers["ETag"] = etag
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=_HEADERS | {"ETag": etag})
        return response


def _links(request: Request) -> dict[str, Any]:
    return {"links": request.app.state.links}
