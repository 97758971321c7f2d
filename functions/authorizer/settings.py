"""What the authorizer reads from its environment."""

from pydantic import BaseModel, ConfigDict, Field

from inference.settings import read_settings


class Settings(BaseModel):
    """Environment variables, typed; see :func:`inference.settings.read_settings`."""

    model_config = ConfigDict(frozen=True)

    # The API key's place, in Secrets Manager or in SSM's Parameter Store.
    api_key_arn: str = Field(alias="API_KEY_ARN", min_length=1)


settings = read_settings(Settings)
