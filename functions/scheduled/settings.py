"""What the scheduled function reads from its environment, beside :mod:`inference.settings`."""

import os

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Environment variables, typed."""

    model_config = ConfigDict(frozen=True)

    # The stack's own bucket, where a job writes. Scoring names its own.
    batches_bucket: str | None = Field(default=None, alias="BATCHES_BUCKET")


settings = Settings.model_validate(os.environ)
