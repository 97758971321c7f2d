"""The Docker engine: installed, allowed, running."""

from __future__ import annotations

import os
import subprocess

from scripts.checking import MissingError

_PATIENCE = 30  # seconds


def check_engine() -> None:
    """Raise :class:`MissingError` if no Docker engine answers."""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_PATIENCE
        )
    except FileNotFoundError:
        raise MissingError(
            "Docker is not installed, and the image is built with it: "
            "see https://docs.docker.com/engine/install/"
        ) from None
    except subprocess.TimeoutExpired:
        raise MissingError(
            f"the Docker engine at {_place()} did not answer in {_PATIENCE} seconds: restart it"
        ) from None
    if done.returncode == 0:
        return
    if "permission denied" in done.stderr.lower():
        raise MissingError(
            f"this user may not use the Docker engine at {_place()}: "
            "`sudo usermod -aG docker $USER`, then log in again"
        )
    reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
    raise MissingError(
        f"no Docker engine answers at {_place()}: start Docker Desktop, or "
        f"`sudo systemctl start docker`. Docker says: {reason}"
    )


def _place() -> str:
    return os.environ.get("DOCKER_HOST") or "its socket"
