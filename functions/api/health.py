"""Whether the server is up, and what it serves."""

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from functions.api.deps import Models
from inference import __version__

router = APIRouter(tags=["health"])


class ServedModel(BaseModel):
    """One model of this server."""

    name: str
    version: int
    engine: str


class Health(BaseModel):
    """What ``GET /health`` answers. ``broken`` says for each name why it is not served."""

    status: Literal["ok", "degraded", "unavailable"]
    version: str
    models: list[ServedModel]
    broken: dict[str, str]


@router.get(
    "/health",
    summary="Version, models, engines",
    responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": Health}},
)
async def read_health(response: Response, models: Models) -> Health:
    """Answers without running a model: 503 where every model is broken.

    A server that has no models yet is ready for the first one.
    """
    served, broken = models.state
    status: Literal["ok", "degraded", "unavailable"] = "degraded" if broken else "ok"
    if broken and not served:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        status = "unavailable"
    return Health(
        status=status,
        version=__version__,
        models=[
            ServedModel(name=name, version=metadata.version, engine=metadata.engine)
            for name, metadata in served.items()
        ],
        broken=dict(broken),
    )
