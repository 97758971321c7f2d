"""What the API reads from its environment, beside :mod:`inference.settings`."""

import os

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Environment variables, typed. Raises ``pydantic.ValidationError`` that names a bad one."""

    model_config = ConfigDict(frozen=True)

    # Lambda takes and gives 6 MB. A server elsewhere may allow more.
    max_body_bytes: int = Field(default=6 * 1024 * 1024, alias="MAX_BODY_BYTES", gt=0)
    # The bucket that jobs on the schedule write to, and that endpoints may read.
    batches_bucket: str | None = Field(default=None, alias="BATCHES_BUCKET")


settings = Settings.model_validate(os.environ)
