"""Servers as child processes: start one, wait until it answers, stop it.

>>> import sys
>>> port = free_port()
>>> command = [sys.executable, "-m", "http.server", "--bind=127.0.0.1", str(port)]
>>> with running(command) as process:
...     wait_until_answering(f"http://127.0.0.1:{port}/", process)
"""

import http.client
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
# The servers are on this machine. A proxy of the environment is not asked for them.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port(host: str = "127.0.0.1") -> int:
    """A port of this address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = REPOSITORY,
    log: Path | None = None,
    stop_seconds: float = 20,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in ``folder``, in a process group and session of its own.

    ``environment`` is added to this process's. The output goes to ``log``, or nowhere. At the end
    the group gets SIGTERM, and SIGKILL if the command has not ended ``stop_seconds`` later.
    """
    with (log or Path(os.devnull)).open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | dict(environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process, stop_seconds)


def _stop(process: subprocess.Popen[bytes], seconds: float) -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_answering(
    request: str | urllib.request.Request,
    process: subprocess.Popen[bytes],
    *,
    patience: float = 60,
    poll: float = 0.1,
) -> None:
    """Send a request every ``poll`` seconds until its answer has a status of success.

    Raises ``RuntimeError`` if the process ends, or after ``patience`` seconds.
    """
    address = request if isinstance(request, str) else request.full_url
    deadline = time.monotonic() + patience
    while process.poll() is None and (left := deadline - time.monotonic()) > 0:
        try:
            with _opener.open(request, timeout=left) as response:
                response.read()
        except (OSError, http.client.HTTPException):  # refused, not ready, or not successful yet
            time.sleep(poll)
        else:
            return
    state = f"no answer in {patience:.0f} s" if process.poll() is None else "the server has ended"
    raise RuntimeError(f"{address}: {state}")
