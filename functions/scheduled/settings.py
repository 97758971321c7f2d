"""What the scheduled function reads from its environment, beside :mod:`inference.settings`."""

from pydantic import BaseModel, ConfigDict, Field

from inference.settings import read_settings


class Settings(BaseModel):
    """Environment variables, typed; see :func:`inference.settings.read_settings`."""

    model_config = ConfigDict(frozen=True)

    # The stack's own bucket, where a job writes. Scoring names its own.
    batches_bucket: str | None = Field(default=None, alias="BATCHES_BUCKET")


settings = read_settings(Settings)
