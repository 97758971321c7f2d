"""What the pre-traffic hook reads from its environment, beside :mod:`inference.settings`."""

from pydantic import BaseModel, ConfigDict, Field

from inference.settings import read_settings


class Settings(BaseModel):
    """Environment variables, typed; see :func:`inference.settings.read_settings`."""

    model_config = ConfigDict(frozen=True)

    # The version of the API's function that is about to get traffic.
    new_version: str = Field(alias="NEW_VERSION", min_length=1)


settings = read_settings(Settings)
