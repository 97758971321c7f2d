"""What every function reads from its environment. Each setting has a default that works.

A function's own settings stand beside its handler. No other module reads the environment.
"""

import os
import sys
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_BUNDLED_MODELS = Path(__file__).parents[2] / "model"

Preload = Literal["litert", "all", "none"]
Verify = Literal["trial", "replay", "digest", "none"]


Kind = TypeVar("Kind", bound=BaseModel)
_SHOWN = 60  # characters of a value
_USAGE = 2  # exit status of a command that was called wrongly


class SettingsError(ValueError):
    """An environment variable has a value that the setting cannot have."""


def read_settings(kind: type[Kind]) -> Kind:
    """The settings of this class. A bad one is said in one sentence.

    On Lambda the sentence is the message of a :class:`SettingsError`, which the runtime logs.
    Elsewhere it is the last line of the process, which ends with status 2.
    """
    try:
        return kind.model_validate(os.environ)
    except ValidationError as error:
        message = "; ".join(
            f"{problem['loc'][0]}{_shown(problem)}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
    message += ". Correct or unset this environment variable, and start again."
    if "AWS_LAMBDA_RUNTIME_API" in os.environ:
        raise SettingsError(message)
    print(message, file=sys.stderr)  # noqa: T201 - the logger needs settings itself
    raise SystemExit(_USAGE)


def _shown(problem: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    if problem["type"] == "missing":
        return " is not set"
    return f"={ascii(problem['input'])[1:-1][:_SHOWN]}"


def _preload(settings: dict[str, Any]) -> Preload:
    """A server elsewhere starts rarely, and must not stop later for a first load of seconds."""
    return "litert" if settings.get("runtime_api") else "all"


class Settings(BaseModel):
    """Environment variables, typed; see :func:`read_settings`."""

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
    # Where traces go, by OTLP over HTTP. Without it nothing is traced.
    traces_endpoint: str = Field(
        default="", alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", pattern=r"^(https?://.+)?$"
    )
    function_version: str = Field(default="$LATEST", alias="AWS_LAMBDA_FUNCTION_VERSION")

    @property
    def on_lambda(self) -> bool:
        """True where the Lambda runtime, or its emulator, runs this process."""
        return self.runtime_api is not None


def xray_header() -> str:
    """The trace of this invocation. Lambda changes the variable for each one."""
    return os.environ.get("_X_AMZN_TRACE_ID", "")


settings = read_settings(Settings)
