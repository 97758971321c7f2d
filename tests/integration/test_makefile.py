"""A command that cannot work says so before anything is installed or built."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.preflight import CHECKS
from tests.processes import MODELS, REPOSITORY
from tests.unset_up import ENGINE_THAT_IS_NOT_THERE, Copy, another_python, path_without, program

IRIS = MODELS / "iris/original/iris.keras"
LITERT = MODELS / "iris/model.tflite"
OF_THE_ENGINE = ("build", "start-api", "invoke-scheduled", "rehearse", "sbom")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("fresh"))


@pytest.fixture
def used_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def refusal(copy: Copy, *words: str, **environment: str) -> str:
    """What make says. Nothing may have been installed."""
    done = copy.make(*words, **environment)
    assert done.returncode == 2, done.stderr
    assert "setting up" not in done.stderr
    assert copy.environments() == set()
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[0]


@pytest.mark.parametrize("words", [(), (f"MODEL={IRIS}",), ("NAME=iris",)])
def test_add_model_without_arguments_says_how_it_is_used(
    copy: Copy, words: tuple[str, ...]
) -> None:
    assert "usage: make add-model MODEL=path NAME=name" in refusal(copy, "add-model", *words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["MODEL=none here.h5", "NAME=a"], "none here.h5 cannot be read: No such file"),
        (["MODEL=Makefile", "NAME=a"], "Makefile is not a model: expected a .keras, HDF5"),
        (["MODEL=functions", "NAME=a"], "the folder functions is not a SavedModel"),
        ([f"MODEL={IRIS}", "NAME=1/2"], "'1/2' is not a name: expected up to 64 letters"),
        ([f"MODEL={IRIS}", "NAME=own"], "holds a model with code of its own"),
        ([f"MODEL={IRIS}", "NAME=a", "ENGINE=onnx"], "expected one of auto, litert, tensorflow"),
        ([f"MODEL={IRIS}", "NAME=a", "LABELS=it's none"], "it's none cannot be read: No such file"),
        ([f"MODEL={IRIS}", "NAME=a", "EXAMPLES=tests"], "tests cannot be read: it is no regular"),
        ([f"MODEL={IRIS}", "NAME=a", "LABELS=empty.txt"], "empty.txt holds no labels: expected"),
        ([f"MODEL={IRIS}", "NAME=a", "EXAMPLES=empty.csv"], "empty.csv holds no rows: expected"),
        ([f"MODEL={LITERT}", "NAME=a", "ENGINE=tensorflow"], "which TensorFlow cannot serve"),
        (["MODEL=net.pt", "NAME=a"], "net.pt is a PyTorch file"),
        (["MODEL=empty.csv", "NAME=a"], "empty.csv is empty: its download"),
    ],
)
def test_add_model_refuses_at_once(copy: Copy, words: list[str], sentence: str) -> None:
    (copy.folder / "model/own").mkdir(exist_ok=True)
    (copy.folder / "model/own/train.py").touch()
    for name, content in (("empty.txt", b"\n"), ("empty.csv", b""), ("net.pt", b"\x80\2}q\0.")):
        (copy.folder / name).write_bytes(content)
    assert sentence in refusal(copy, "add-model", *words)


@pytest.mark.parametrize("target", ["serve", "start-api"])
@pytest.mark.parametrize("port", ["eighty", "0", "70000", "²", ""])
def test_a_port_that_is_none_is_refused(copy: Copy, target: str, port: str) -> None:
    assert f"PORT={port} is no port: expected a number" in refusal(copy, target, f"PORT={port}")


@pytest.mark.parametrize("target", ["serve", "start-api"])
def test_a_port_in_use_is_refused(copy: Copy, target: str, used_port: int) -> None:
    said = refusal(copy, target, f"PORT={used_port}")
    assert f"already listens on port {used_port} of 127.0.0.1: choose another with PORT=" in said


def test_a_folder_of_models_that_is_not_there_is_refused(copy: Copy) -> None:
    said = refusal(copy, "serve", "MODELS_DIR=none")
    assert "MODELS_DIR=none cannot be read: No such file or directory" in said


@pytest.mark.parametrize("target", OF_THE_ENGINE)
def test_an_engine_that_does_not_run_is_named(copy: Copy, target: str) -> None:
    said = refusal(copy, target, DOCKER_HOST=ENGINE_THAT_IS_NOT_THERE)
    assert f"no Docker engine answers at {ENGINE_THAT_IS_NOT_THERE}: start Docker" in said


def test_an_engine_that_the_user_may_not_use_is_named(copy: Copy, tmp_path: Path) -> None:
    """Docker's own words; whoever runs the tests may use the engine, so a stand-in says them."""
    script = '#!/bin/sh\necho "permission denied while trying to connect to the docker API" >&2\n'
    docker = program(tmp_path / "docker", f"{script}exit 1\n")
    path = f"{docker.parent}:{copy.environment()['PATH']}"
    said = refusal(copy, "build", PATH=path, DOCKER_HOST="unix:///var/run/docker.sock")
    assert "may not use the Docker engine at unix:///var/run/docker.sock: `sudo usermod" in said


def test_docker_that_is_not_installed_is_named(copy: Copy, tmp_path: Path) -> None:
    said = refusal(copy, "build", PATH=path_without(tmp_path, "docker"))
    assert "Docker is not installed" in said
    assert "https://docs.docker.com/engine/install/" in said


@pytest.mark.parametrize("target", ["deploy", "rollback"])
def test_no_credentials_are_named(copy: Copy, tmp_path: Path, target: str) -> None:
    said = refusal(copy, target, HOME=str(tmp_path), DOCKER_HOST=ENGINE_THAT_IS_NOT_THERE)
    assert "there are no AWS credentials: `aws configure sso`" in said


def test_with_credentials_deploy_asks_for_the_engine(copy: Copy) -> None:
    key = {"AWS_ACCESS_KEY_ID": "a", "DOCKER_HOST": ENGINE_THAT_IS_NOT_THERE}
    assert "no Docker engine answers" in refusal(copy, "deploy", **key)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [([], "URL= is missing"), (["URL=example.com"], "URL=example.com is no address")],
)
def test_smoke_asks_for_an_address(copy: Copy, words: list[str], sentence: str) -> None:
    assert f"{sentence}: make smoke URL=http" in refusal(copy, "smoke", *words)


@pytest.mark.parametrize("python", ["python3.99", "/no where/python3", "python3 -X dev"])
def test_a_python_that_is_not_there_is_named(copy: Copy, python: str) -> None:
    said = refusal(copy, "serve", f"PYTHON={python}")
    assert f'there is no program "{python}": install Python 3.11 to 3.13' in said


@pytest.mark.parametrize("version", [(3, 9), (3, 14)])
def test_a_python_that_is_too_old_or_new_is_named(
    copy: Copy, tmp_path: Path, version: tuple[int, int]
) -> None:
    python = another_python(tmp_path / "a folder/python", version)
    said = refusal(copy, "test", f"PYTHON={python}")
    assert "Python 3.11 to 3.13 is needed" in said
    assert f"is Python {version[0]}.{version[1]}: " in said
    assert "make PYTHON=python3" in said


@pytest.mark.parametrize("lacks", [{"venv"}, {"pip", "ensurepip"}])
def test_a_python_that_makes_no_environments_is_named(
    copy: Copy, tmp_path: Path, lacks: set[str]
) -> None:
    python = another_python(tmp_path / "python", (3, 12), frozenset(lacks))
    said = refusal(copy, "serve", f"PYTHON={python}", "PORT=1")
    assert f"has no module {'venv' if 'venv' in lacks else 'ensurepip'}" in said
    assert "`sudo apt install python3.12-venv`" in said


def test_every_target_that_is_checked_is_one() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    assert set(CHECKS) <= set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))


@pytest.mark.parametrize(("target", "default"), [("serve", "8000"), ("start-api", "3000")])
def test_each_server_has_its_port_and_takes_another(copy: Copy, target: str, default: str) -> None:
    def commands(*words: str) -> str:
        return copy.make("-n", target, *words).stdout

    assert f"--port {default}" in commands()
    assert "--port 8123" in commands("PORT=8123")


def test_clean_leaves_what_the_user_made(copy: Copy) -> None:
    own = ["model/iris/metadata.json", "certificates/server.crt", "samconfig.toml", ".env"]
    made = [".venv/uv", ".venv-sam/sam", ".aws-sam/build/a", ".venv-lock", ".mypy_cache/a"]
    for name in (*own, *made):
        (copy.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (copy.folder / name).touch()
    assert copy.make("clean").returncode == 0
    assert [name for name in (*own, *made) if (copy.folder / name).exists()] == own
    assert copy.environments() == set()
