"""What the API reads from its environment, beside :mod:`inference.settings`."""

from pydantic import BaseModel, ConfigDict, Field

from inference.settings import read_settings

_MEGABYTE = 1024 * 1024


class Settings(BaseModel):
    """Environment variables, typed; see :func:`inference.settings.read_settings`."""

    model_config = ConfigDict(frozen=True)

    # Lambda takes and gives 6 MB. A server elsewhere may allow more.
    max_body_bytes: int = Field(default=6 * _MEGABYTE, alias="MAX_BODY_BYTES", gt=0)
    # The bucket that jobs on the schedule write to, and that endpoints may read.
    batches_bucket: str | None = Field(default=None, alias="BATCHES_BUCKET")
    # What a plain server bounds. On Lambda, API Gateway does, and there is one request at a time.
    max_connections: int = Field(default=512, alias="MAX_CONNECTIONS", gt=0)
    max_waiting: int = Field(default=256, alias="MAX_WAITING", ge=0)  # requests, of one model
    wait_seconds: float = Field(default=20, alias="WAIT_SECONDS", gt=0)  # for the model's turn
    body_seconds: float = Field(default=30, alias="BODY_SECONDS", gt=0)  # for a whole request
    # Of the bodies that are read or answered at one time.
    max_bodies_bytes: int = Field(default=128 * _MEGABYTE, alias="MAX_BODIES_BYTES", gt=0)
    # Processes of a plain server. Each has models, connections and the bounds above for itself.
    workers: int = Field(default=1, alias="UVICORN_WORKERS", gt=0, le=64)
    # For what still runs when the server is told to stop. `docker stop` kills after ten seconds.
    stop_seconds: int = Field(default=5, alias="UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN", ge=0)


settings = read_settings(Settings)
