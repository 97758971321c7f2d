"""AWS, emulated by MiniStack on this machine. Only this machine and its containers can reach it."""

import ipaddress
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.servers import REPOSITORY, free_port, running, wait_until_answering

_STOP_SECONDS = 60  # it stops the containers that it started
# AWS's own runtime interface emulator runs the handler in each container, as in `sam local`.
_ENTRYPOINT = '#!/bin/sh\nexec /emulator /usr/bin/env python3 -m awslambdaric "$@"\n'


@contextmanager
def emulated_aws(folder: Path) -> Iterator[str]:
    """Start MiniStack and yield its address. This process and its children then use it as AWS.

    The log is ``folder/aws.log``. MiniStack listens only on the address of Docker's bridge, where
    containers reach the host.
    """
    host = _bridge()
    (emulator,) = (REPOSITORY / ".venv-sam").glob(
        f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{_architecture()}"
    )
    entrypoint = folder / "entrypoint"
    entrypoint.write_text(_ENTRYPOINT, encoding="utf-8")
    entrypoint.chmod(0o755)
    port = free_port(host)
    address = f"http://{host}:{port}"
    environment = {
        "BIND_HOST": host,
        "MINISTACK_HOST": host,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_DOCKER_FLAGS": f"-v {emulator}:/emulator:ro -v {entrypoint}:/entrypoint:ro",
    }
    with running(
        [REPOSITORY / ".venv-rehearsal/bin/ministack"],
        environment=environment,
        folder=folder,
        log=folder / "aws.log",
        stop_seconds=_STOP_SECONDS,
    ) as process:
        wait_until_answering(f"{address}/_ministack/health", process)
        os.environ |= {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",  # pragma: allowlist secret
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        yield address


def _architecture() -> str:
    return {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]


def _bridge() -> str:
    """The host's address on Docker's default network. A new engine names only the subnet."""
    command = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    inspection = subprocess.run(command, check=False, capture_output=True, text=True)
    if inspection.returncode:
        raise RuntimeError(f"Docker does not answer; is it running?\n{inspection.stderr}")
    (network,) = json.loads(inspection.stdout)
    gateway: str = network.get("Gateway") or str(ipaddress.ip_network(network["Subnet"])[1])
    return gateway
