"""What the authorizer reads from its environment."""

import os

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Environment variables, typed. Raises ``pydantic.ValidationError`` if there is no key."""

    model_config = ConfigDict(frozen=True)

    # The API key's place, in Secrets Manager or in SSM's Parameter Store.
    api_key_arn: str = Field(alias="API_KEY_ARN", min_length=1)


settings = Settings.model_validate(os.environ)
