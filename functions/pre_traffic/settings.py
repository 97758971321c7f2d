"""What the pre-traffic hook reads from its environment, beside :mod:`inference.settings`."""

import os

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Environment variables, typed. Raises ``pydantic.ValidationError`` if there is no version."""

    model_config = ConfigDict(frozen=True)

    # The version of the API's function that is about to get traffic.
    new_version: str = Field(alias="NEW_VERSION", min_length=1)


settings = Settings.model_validate(os.environ)
