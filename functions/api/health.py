"""Whether the server is up, and what it serves."""

from fastapi import APIRouter
from pydantic import BaseModel

from inference import __version__
from inference.models import served_models

router = APIRouter(tags=["health"])


class ServedModel(BaseModel):
    """One model of this server."""

    name: str
    version: int
    engine: str


class Health(BaseModel):
    """What ``GET /health`` answers."""

    status: str
    version: str
    models: list[ServedModel]


@router.get("/health", summary="Version, models, engines")
async def read_health() -> Health:
    """Answers without running a model."""
    models = [
        ServedModel(name=metadata.name, version=metadata.version, engine=metadata.engine)
        for metadata in served_models().describe()
    ]
    return Health(status="ok", version=__version__, models=models)
