"""What every function reads from its environment. Each setting has a default that works.

A function's own settings stand beside its handler. No other module reads the environment.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_BUNDLED_MODELS = Path(__file__).parents[2] / "model"


class Settings(BaseModel):
    """Environment variables, typed. Raises ``pydantic.ValidationError`` that names a bad one."""

    model_config = ConfigDict(frozen=True)

    models_dir: Path = Field(default=_BUNDLED_MODELS, alias="MODELS_DIR")
    # Which models are loaded at start. The others are loaded on first use.
    preload_models: Literal["litert", "all", "none"] = Field(
        default="litert", alias="PRELOAD_MODELS"
    )
    service_name: str = Field(default="tensorflow-lambda-api", alias="POWERTOOLS_SERVICE_NAME")
    metrics_namespace: str = Field(
        default="TensorflowLambdaApi", alias="POWERTOOLS_METRICS_NAMESPACE"
    )
    runtime_api: str | None = Field(default=None, alias="AWS_LAMBDA_RUNTIME_API")
    xray_daemon: str | None = Field(default=None, alias="AWS_XRAY_DAEMON_ADDRESS")

    @property
    def on_lambda(self) -> bool:
        """True where the Lambda runtime, or its emulator, runs this process."""
        return self.runtime_api is not None


settings = Settings.model_validate(os.environ)
