"""Whether the server is up, and what it serves."""

from typing import Literal

from fastapi import APIRouter
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

    status: Literal["ok", "degraded"]
    version: str
    models: list[ServedModel]
    broken: dict[str, str]


@router.get("/health", summary="Version, models, engines")
async def read_health(models: Models) -> Health:
    """Answers without running a model."""
    return Health(
        status="degraded" if models.broken else "ok",
        version=__version__,
        models=[
            ServedModel(name=name, version=metadata.version, engine=metadata.engine)
            for name, metadata in models.served.items()
        ],
        broken=models.broken,
    )
