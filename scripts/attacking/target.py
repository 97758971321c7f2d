"""The server that is attacked: started as ``make serve`` starts it, with one model."""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.api.dialects.examples import example_requests
from inference.models import Metadata, ModelFolder
from scripts.servers import REPOSITORY, free_port, running, wait_until_answering

_SERVE = re.compile(r"exec \.venv/bin/python (.+) --port \$\(PORT\)")
# The first has a free length. The other is always here.
_MODELS = ("model/pet_names", "tests/models/iris")

Command = Callable[[int], Sequence[str]]


def serve_command(port: int) -> list[str]:
    """What the Makefile's target `serve` runs. Raises ``RuntimeError`` if it cannot be read."""
    recipe = _SERVE.search((REPOSITORY / "Makefile").read_text(encoding="utf-8"))
    if recipe is None:
        raise RuntimeError(f"the Makefile's `serve` has no line that fits {_SERVE.pattern}")
    return [sys.executable, *recipe[1].split(), "--port", str(port)]


@dataclass(frozen=True)
class Subject:
    """The model that is asked, and a small request to it that is answered."""

    metadata: Metadata
    path: str
    body: bytes

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def input(self) -> str:
        """The name of its first input."""
        return next(iter(self.metadata.signature.inputs))

    @property
    def datatype(self) -> str:
        """The first input's datatype in the Open Inference Protocol."""
        dtype = self.metadata.signature.inputs[self.input].dtype
        return dtype.replace("float", "FP").upper()

    def rows(self, rows: int, length: int) -> list[Any]:
        """Ones, as many as the free sizes are said to be."""
        row: Any = 1
        for size in reversed(self.metadata.signature.inputs[self.input].shape[1:]):
            row = [row] * (length if size < 0 else size)
        return [row] * rows

    @property
    def has_free_length(self) -> bool:
        """Whether a row may have any number of values."""
        return -1 in self.metadata.signature.inputs[self.input].shape[1:]


@contextmanager
def subject(folder: Path) -> Iterator[tuple[Subject, Path]]:
    """The model of this repository that is attacked, and a folder that holds it alone."""
    found = next(path for path in _MODELS if (REPOSITORY / path).is_dir())
    models = folder / "models"
    shutil.copytree(REPOSITORY / found, models / Path(found).name)
    served = ModelFolder(models)
    (metadata,) = served.served.values()
    example = next(each for each in example_requests(served, metadata) if "v1/" in each.path)
    yield Subject(metadata, f"/{example.path}", json.dumps(example.body).encode()), models


class Server:
    """A server that can be started again. It is stopped by the id it was started with."""

    def __init__(self, command: Command, log: Path, environment: dict[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._stack = ExitStack()
        self.log = log
        self.port = 0
        self.pid = 0
        self.starts = 0

    def close(self) -> None:
        """Stop it."""
        self._stack.close()

    def restart(self) -> None:
        """Stop it if it runs, and wait until it answers anew."""
        self.close()
        self.port = free_port()
        self.starts += 1
        process = self._stack.enter_context(
            running(
                self._command(self.port),
                environment=self._environment,
                log=self.log.with_name(f"{self.log.name}-{self.starts}"),
                stop_seconds=5,
            )
        )
        self._process = process
        self.pid = process.pid
        wait_until_answering(f"http://127.0.0.1:{self.port}/health", process)

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def log_bytes(self) -> int:
        """The size of all that it wrote."""
        return sum(file.stat().st_size for file in self.log.parent.glob(f"{self.log.name}-*"))


@contextmanager
def serving(command: Command, log: Path, environment: dict[str, str]) -> Iterator[Server]:
    """A server that answers until the block ends."""
    server = Server(command, log, environment)
    try:
        server.restart()
        yield server
    finally:
        server.close()
