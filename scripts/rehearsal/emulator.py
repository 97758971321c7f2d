"""AWS, emulated by MiniStack on this machine, where only this machine's containers can reach it."""

import ipaddress
import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

_ROOT = Path(__file__).parents[2]
_PATIENCE = 60  # seconds
# Between the image's entry point and its handler stands AWS's own runtime interface emulator, as
# `sam local` puts it there.
_ENTRYPOINT = '#!/bin/sh\nexec /emulator /usr/bin/env python3 -m awslambdaric "$@"\n'


@contextmanager
def emulated_aws(folder: Path) -> Iterator[str]:
    """Start it, point this process and its children to it, and yield its address.

    Its log is ``folder/aws.log``. Containers reach the host by Docker's bridge, so it listens
    there, and nowhere else.
    """
    host = _bridge()
    (emulator,) = (_ROOT / ".venv-sam").glob(
        f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{_architecture()}"
    )
    entrypoint = folder / "entrypoint"
    entrypoint.write_text(_ENTRYPOINT, encoding="utf-8")
    entrypoint.chmod(0o755)
    port = _free_port(host)
    address = f"http://{host}:{port}"
    environment = {
        "BIND_HOST": host,
        "MINISTACK_HOST": host,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_DOCKER_FLAGS": f"-v {emulator}:/emulator:ro -v {entrypoint}:/entrypoint:ro",
    }
    with (folder / "aws.log").open("wb") as log:
        process = subprocess.Popen(
            [_ROOT / ".venv-rehearsal/bin/ministack"],
            cwd=folder,
            env=os.environ | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(f"{address}/_ministack/health", process)
        os.environ |= {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",  # pragma: allowlist secret
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        yield address
    finally:
        process.terminate()  # it stops the containers that it started
        process.wait()


def _architecture() -> str:
    return {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]


def _bridge() -> str:
    """The host's address on Docker's default network; a new engine names only the subnet."""
    command = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"Docker does not answer; is it running?\n{done.stderr}")
    (network,) = json.loads(done.stdout)
    gateway: str = network.get("Gateway") or str(ipaddress.ip_network(network["Subnet"])[1])
    return gateway


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - http, as written above
        except (URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the emulator of AWS does not answer at {url}")
