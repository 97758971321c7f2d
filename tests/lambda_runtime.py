"""AWS's own runtime interface emulator around the real handler, without Docker."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import REPOSITORY, free_port, running, wait_until_answering

_ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]


@contextmanager
def lambda_runtime(log: Path, environment: dict[str, str] | None = None) -> Iterator[str]:
    """Where to post events."""
    (binary,) = (REPOSITORY / ".venv-sam").glob(
        f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{_ARCHITECTURE}"
    )
    port, runtime_port = free_port(), free_port()
    command = [
        str(binary),
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{runtime_port}",
        sys.executable,
        "-m",
        "awslambdaric",
        "functions.api.handler.lambda_handler",
    ]
    with running(command, log, {"PYTHONPATH": ".:layers"} | (environment or {})) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/", process, log)
        yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
