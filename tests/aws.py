"""What AWS passes to a Lambda function, and its services as moto emulates them over HTTP."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.processes import free_port, running, wait_until_answering


def context(function: str = "ApiFunction", milliseconds: int = 300_000) -> Any:
    """Lambda's context, with so much time left."""
    return SimpleNamespace(
        function_name=function,
        memory_limit_in_mb=1769,
        invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:{function}:live",
        aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
        get_remaining_time_in_millis=lambda: milliseconds,
    )


@contextmanager
def emulated(log: Path) -> Iterator[pytest.MonkeyPatch]:
    """AWS's services at ``AWS_ENDPOINT_URL``, for clients of this process and its children."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, log) as process, pytest.MonkeyPatch.context() as patch:
        wait_until_answering(url, process, log)
        use_credentials(patch)
        patch.setenv("AWS_ENDPOINT_URL", url)
        yield patch


def use_credentials(patch: pytest.MonkeyPatch) -> None:
    """Credentials that no account has."""
    patch.setenv("AWS_ACCESS_KEY_ID", "test")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "test")  # pragma: allowlist secret
    patch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def started(patch: pytest.MonkeyPatch, function: str, **environment: str) -> ModuleType:
    """The handler of ``functions/FUNCTION``, imported anew with this environment."""
    for name, value in environment.items():
        patch.setenv(name, value)
    for module in ("settings", "handler"):
        patch.delitem(sys.modules, f"functions.{function}.{module}", raising=False)
    return importlib.import_module(f"functions.{function}.handler")
