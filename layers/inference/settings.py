"""The only reader of the environment. Every setting has a default that works."""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_BUNDLED_MODELS = Path(__file__).parents[2] / "model"
_MEGABYTE = 1024 * 1024


class Settings(BaseModel):
    """Environment variables, typed; raises ``pydantic.ValidationError`` naming the bad one."""

    model_config = ConfigDict(frozen=True)

    models_dir: Path = Field(default=_BUNDLED_MODELS, alias="MODELS_DIR")
    # Which models are loaded at start; the others are on first use. LiteRT takes milliseconds.
    preload_models: Literal["litert", "all", "none"] = Field(
        default="litert", alias="PRELOAD_MODELS"
    )
    # Lambda takes and gives 6 MB; a server elsewhere may be told to allow more.
    max_body_bytes: int = Field(default=6 * _MEGABYTE, alias="MAX_BODY_BYTES", gt=0)

    # Where scheduled batches are written, and `/names/batches` reads; without it, neither runs.
    batches_bucket: str | None = Field(default=None, alias="BATCHES_BUCKET")

    # Where the API key is, in Secrets Manager or SSM; the authorizer alone reads it.
    api_key_arn: str | None = Field(default=None, alias="API_KEY_ARN")

    # The version that a deployment is about to give traffic to; the pre-traffic hook asks it.
    new_version: str | None = Field(default=None, alias="NEW_VERSION")

    service_name: str = Field(default="pet-names", alias="POWERTOOLS_SERVICE_NAME")
    metrics_namespace: str = Field(
        default="TensorflowLambdaApi", alias="POWERTOOLS_METRICS_NAMESPACE"
    )
    runtime_api: str | None = Field(default=None, alias="AWS_LAMBDA_RUNTIME_API")
    xray_daemon: str | None = Field(default=None, alias="AWS_XRAY_DAEMON_ADDRESS")

    @property
    def on_lambda(self) -> bool:
        """True where the Lambda runtime (or its emulator) runs us."""
        return self.runtime_api is not None


settings = Settings.model_validate(os.environ)
