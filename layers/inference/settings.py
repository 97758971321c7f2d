"""What every function reads from its environment. Each setting has a default that works.

A function's own settings stand beside its handler. No other module reads the environment.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_BUNDLED_MODELS = Path(__file__).parents[2] / "model"

Preload = Literal["litert", "all", "none"]
Verify = Literal["trial", "replay", "digest", "none"]


def _preload(settings: dict[str, Any]) -> Preload:
    """A server elsewhere starts rarely, and must not stop later for a first load of seconds."""
    return "litert" if settings.get("runtime_api") else "all"


class Settings(BaseModel):
    """Environment variables, typed. Raises ``pydantic.ValidationError`` that names a bad one."""

    model_config = ConfigDict(frozen=True)

    # First, because defaults below depend on it.
    runtime_api: str | None = Field(default=None, alias="AWS_LAMBDA_RUNTIME_API")
    models_dir: Path = Field(default=_BUNDLED_MODELS, alias="MODELS_DIR")
    # Which models are loaded at start: `all`, or `litert` on Lambda. The others are loaded on first
    # use.
    preload_models: Preload = Field(default_factory=_preload, alias="PRELOAD_MODELS")
    # How a model is checked. Each includes the next:
    # `trial`: at start, every model is loaded and asked in a process of its own, which may crash;
    # `replay`: a loaded model must answer its golden file, and one without digest is tried first;
    # `digest`: what the engine loads must have the SHA-256 that metadata.json records;
    # `none`: nothing but the form of the files.
    # `python -m inference.golden`, by which the image is built, always makes the trial.
    verify_models: Verify = Field(default="replay", alias="VERIFY_MODELS")
    service_name: str = Field(default="tensorflow-lambda-api", alias="POWERTOOLS_SERVICE_NAME")
    metrics_namespace: str = Field(
        default="TensorflowLambdaApi", alias="POWERTOOLS_METRICS_NAMESPACE"
    )
    xray_daemon: str | None = Field(default=None, alias="AWS_XRAY_DAEMON_ADDRESS")

    @property
    def on_lambda(self) -> bool:
        """True where the Lambda runtime, or its emulator, runs this process."""
        return self.runtime_api is not None


settings = Settings.model_validate(os.environ)
