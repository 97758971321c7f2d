"""The image as an operator runs it: other commands, other users, fewer rights, bad settings."""

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.conftest import TAG, Containers
from tests.processes import MODELS, fetch


def run(*options: str, command: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", "run", "--rm", *options, TAG, *command], capture_output=True, text=True
    )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Models that any user may read."""
    folder = tmp_path / "models"
    shutil.copytree(MODELS, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield folder
    folder.chmod(0o755)


def models(folder: Path) -> list[str]:
    return [f"--volume={folder}:/models", "--env=MODELS_DIR=/models"]


WHO = ("python3", "-c", "import functions.api.settings, os; print(os.getuid())")


@pytest.mark.parametrize(
    ("options", "user"),
    [
        ([], "65534"),
        (["--user=0"], "65534"),
        (["--user=1234:1234"], "1234"),
        (["--cap-drop=ALL", "--user=1234:1234", "--read-only"], "1234"),
        (["--cap-drop=ALL", "--cap-add=SETUID", "--cap-add=SETGID"], "65534"),
    ],
)
def test_another_command_is_run_but_never_as_root(options: list[str], user: str) -> None:
    done = run(*options, command=WHO)
    assert (done.returncode, done.stdout) == (0, f"{user}\n"), done.stderr


def test_a_command_has_its_own_status_and_words() -> None:
    done = run(command=["sh", "-c", 'echo "$1"; exit 7', "sh", "two  words"])
    assert (done.returncode, done.stdout) == (7, "two  words\n")


def test_options_are_for_the_server() -> None:
    done = run(command=["--port=-1"])
    assert done.returncode == 2
    assert "'-1' is no port" in done.stderr


@pytest.mark.parametrize(
    ("options", "command", "sentence"),
    [
        ([], ["functions.scheduled.handler.lambda_handler"], "only AWS Lambda calls it"),
        (["--cap-drop=ALL"], [], "Add --user 65534:65534 to 'docker run'"),
        (["--env=PORT=99999"], [], "'99999' is no port: expected 0 to 65535"),
        (["--env=MAX_BODY_BYTES=abc"], [], "MAX_BODY_BYTES=abc: Input should be a valid integer"),
        (["--env=MODELS_DIR=/nowhere"], [], "MODELS_DIR=/nowhere: No such file or directory"),
    ],
)
def test_what_cannot_be_run_is_said(options: list[str], command: list[str], sentence: str) -> None:
    done = run(*options, command=command)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("mode", [0o700, 0o744, 0o711])
def test_a_folder_of_models_that_may_not_be_read_is_said(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    done = run(*models(folder))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "the folder of models, MODELS_DIR=/models: Permission denied (user 65534)"
    )


@pytest.mark.parametrize("mode", [0o700, 0o744])
def test_a_model_that_may_not_be_read_is_said(
    containers: Containers, folder: Path, tmp_path: Path, mode: int
) -> None:
    shutil.copytree(folder / "iris", folder / "closed")
    (folder / "closed").chmod(mode)
    with containers(tmp_path / "log", *models(folder)) as url:
        health = json.loads(fetch(f"{url}/health"))
    assert health["broken"] == {"closed": "closed: metadata.json cannot be read: Permission denied"}
    assert [model["name"] for model in health["models"]] == ["iris"]


@pytest.fixture
def container() -> Iterator[str]:
    name = f"models-{uuid.uuid4()}"
    yield name
    subprocess.run(["docker", "rm", "--force", name], capture_output=True)


def inspected(container: str, field: str) -> str:
    command = ["docker", "inspect", "--format", f"{{{{{field}}}}}", container]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def start(container: str, *options: str) -> None:
    command = ["docker", "run", "--detach", f"--name={container}", *options, TAG]
    subprocess.run(command, check=True, capture_output=True)


def wait_for(container: str, expected: str) -> None:
    for _ in range(600):
        if (found := inspected(container, ".State.Health.Status")) == expected:
            return
        time.sleep(0.1)
    raise AssertionError(f"{found}: {inspected(container, 'json .State.Health.Log')}")


def test_docker_sees_that_it_is_healthy(container: str) -> None:
    start(container, "--health-interval=1s", "--env=PORT=9000", "--user=1234:1234", "--read-only")
    wait_for(container, "healthy")


def test_docker_sees_that_no_model_can_be_served(container: str, folder: Path) -> None:
    (folder / "iris/metadata.json").write_text("{}")
    quick = ["--health-interval=1s", "--health-retries=1", "--health-start-period=1s"]
    start(container, *quick, *models(folder))
    wait_for(container, "unhealthy")
    for _ in range(600):  # the first probes may have come before the server listened
        if "GET /health: 503" in inspected(container, "json .State.Health.Log"):
            return
        time.sleep(0.1)
    raise AssertionError(inspected(container, "json .State.Health.Log"))


def test_no_probe_asks_where_lambda_is_emulated(container: str) -> None:
    """`sam local` sets this variable, and another program answers at the port."""
    start(container, "--health-interval=1s", "--env=AWS_SAM_LOCAL=true", "--env=PORT=9000")
    wait_for(container, "healthy")
    assert "GET" not in inspected(container, "json .State.Health.Log")


@pytest.mark.parametrize(
    ("options", "ready"),
    [
        ([], True),
        (["--init"], True),
        (["--init"], False),  # without --init, the kernel drops what comes before Python has begun
        (["--env=UVICORN_WORKERS=2"], True),
    ],
)
def test_it_stops_when_it_is_told(container: str, options: list[str], ready: bool) -> None:
    """Docker kills with status 137 what has not stopped after the seconds that are given here."""
    start(container, "--health-interval=1s", *options)
    if ready:
        wait_for(container, "healthy")
    subprocess.run(["docker", "stop", "--time=60", container], check=True, capture_output=True)
    assert inspected(container, ".State.ExitCode") in ("0", "143")
