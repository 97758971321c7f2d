"""Whether the server is up, and what it serves."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from inference import __version__
from inference.models import ModelFolder, served_models

router = APIRouter(tags=["health"])


class ServedModel(BaseModel):
    """One model of this server."""

    name: str
    version: int
    engine: str


class Health(BaseModel):
    """What ``GET /health`` answers; ``broken`` tells by name why a model is not served."""

    status: Literal["ok", "degraded"]
    version: str
    models: list[ServedModel]
    broken: dict[str, str]


@router.get("/health", summary="Version, models, engines")
async def read_health(models: Annotated[ModelFolder, Depends(served_models)]) -> Health:
    """Answers without running a model."""
    return Health(
        status="degraded" if models.broken else "ok",
        version=__version__,
        models=[
            ServedModel(name=name, version=metadata.version, engine=metadata.engine)
            for name, metadata in models.described.items()
            if name not in models.broken
        ],
        broken=models.broken,
    )
