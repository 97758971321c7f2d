"""Real servers as child processes, stopped by the id they were started with."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.project_files import project_files

REPOSITORY = Path(__file__).parents[1]
MODELS = REPOSITORY / "tests/models"  # served by tests of the frame
MODELS_WITH_INPUTS = REPOSITORY / "tests/models_with_inputs"
EXAMPLE = ("functions/endpoints/pet_names", "model/pet_names")  # a user may delete both
EXAMPLE_IS_HERE = all((REPOSITORY / wing).is_dir() for wing in EXAMPLE)
_PATIENCE = 300  # seconds; generous, because no test is about speed


def copy_repository(folder: Path) -> None:
    """What a user has cloned, with what is changed, new and deleted here."""
    for name in project_files(REPOSITORY):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, folder / name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a process group of its own; output goes to ``log``."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=os.environ | (environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def shell_words(line: str) -> list[str]:
    """What a command gets as its arguments where a person pastes this line into a POSIX shell."""
    name = line.split(maxsplit=1)[0]
    script = f"{name}() {{ printf '%s\\0' \"$@\"; }}\n{line}"
    done = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True)
    return done.stdout.split("\0")[:-1]


def wait_until_answering(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            fetch(url)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} never answered:\n{log.read_text(errors='replace')[-4000:]}")


def fetch(url: str, body: bytes | None = None) -> bytes:
    """GET, or POST with a body; certificates are not checked, ours is self-signed."""
    context = ssl.create_default_context() if url.startswith("https") else None
    if context:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(url, body, timeout=60, context=context) as response:
        content: bytes = response.read()
        return content
