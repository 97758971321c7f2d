"""Every command of README and docs is run: here, in order, as a newcomer would; or elsewhere."""

import json
import os
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path

import keras
import pytest

from tests.processes import (
    EXAMPLE_IS_HERE,
    REPOSITORY,
    copy_repository,
    fetch,
    free_port,
    running,
    wait_until_answering,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
NOT_RUN = "<!-- not run: needs an account of AWS -->\n"
RUN_ELSEWHERE = {
    "make start-api": "tests/e2e/test_sam.py",
    "make rehearse": ".ci/run",
    "make check": ".ci/run",
    "make test": ".ci/run",
    "make format": "make check: the same rules, read only",
    ".ci/run": "what decides",
}
HERE = ("make serve", "make add-model ", "curl ")


def commands(page: str, *, of_aws: bool = False) -> list[str]:
    """Commands of the page's shell blocks, in order, without their comments."""
    text = (REPOSITORY / page).read_text().replace("\\\n", " ")
    blocks = re.findall(rf"({NOT_RUN})?```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for mark, block in blocks if bool(mark) == of_aws for line in block.splitlines()]
    return [line.split("  #")[0].strip() for line in lines]


@pytest.fixture
def newcomer(tmp_path: Path) -> Path:
    """A clone, with the environments that are set up here, and a model in the home folder."""
    copy_repository(tmp_path)
    (tmp_path / ".venv").symlink_to(REPOSITORY / ".venv")
    layers = [keras.Input((4,)), keras.layers.Dense(3, activation="softmax")]
    keras.Sequential(layers).save(tmp_path / "iris.h5")
    return tmp_path


class Newcomer:
    """Types what a page says; a server that is started stops the command before."""

    def __init__(self, folder: Path, servers: ExitStack) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self._servers = servers

    def types(self, command: str) -> str:
        if command == "make serve":
            return self._serve()
        done = subprocess.run(
            ["sh", "-c", command.replace("http://127.0.0.1:8000", self.url)],
            cwd=self.folder,
            env=os.environ | {"HOME": str(self.folder)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def _serve(self) -> str:
        self._servers.close()
        log, port = self.folder / "log", self.url.rpartition(":")[2]
        serve = ["make", "-C", str(self.folder), "serve", f"PORT={port}"]
        process = self._servers.enter_context(running(serve, log))
        wait_until_answering(f"{self.url}/health", process, log)
        return log.read_text()


@pytest.mark.skipif(not EXAMPLE_IS_HERE, reason="README shows the example, which is not here")
def test_the_readme(newcomer: Path) -> None:
    text = (REPOSITORY / "README.md").read_text()
    (shown,) = re.findall(r"```json\n(\[.*\])\n```", text)
    with ExitStack() as servers:
        user = Newcomer(newcomer, servers)
        said = {
            command: user.types(command)
            for command in commands("README.md")
            if command.startswith(HERE)
        }
    asked, predicted = [answer for command, answer in said.items() if command.startswith("curl")]
    assert json.loads(asked) == json.loads(shown)
    assert len(json.loads(predicted)["predictions"][0]) == 3


def test_your_own_model(newcomer: Path) -> None:
    page = "docs/your-own-model.md"
    text = (REPOSITORY / page).read_text()
    (module,) = re.findall(r'```python\n("""Which iris.*?)```', text, re.DOTALL)
    (newcomer / "functions/endpoints/iris.py").write_text(module)
    with ExitStack() as servers:
        user = Newcomer(newcomer, servers)
        answers = [user.types(command) for command in commands(page) if command.startswith(HERE)]
        assert len(json.loads(answers[-1])["predictions"][0]) == 3
        query = "sepal_length=5.1&sepal_width=3.5&petal_length=1.4&petal_width=0.2"
        scores = json.loads(fetch(f"{user.url}/iris?{query}"))
    assert list(scores) == ["setosa", "versicolor", "virginica"]
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5)


def test_every_command_is_run_somewhere() -> None:
    pages = ["README.md", "CONTRIBUTING.md"]
    pages += [str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("docs/*.md")]
    for page in pages:
        for command in commands(page):
            assert command.startswith(HERE) or command in RUN_ELSEWHERE, (page, command)
    for command, place in RUN_ELSEWHERE.items():
        if (REPOSITORY / place).exists():
            words = command.split()
            assert all(word in (REPOSITORY / place).read_text() for word in words), command
    of_aws = [command for page in pages for command in commands(page, of_aws=True)]
    assert of_aws
    needing_an_account = ("make deploy", "make rollback", "make smoke URL=https://", "aws ", "sam ")
    for command in of_aws:
        assert command.startswith(needing_an_account), command
