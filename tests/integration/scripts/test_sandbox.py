"""The process that loads a model: what it cannot do, and what is said when it ends badly."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import pytest

from scripts import add_model
from scripts.adding.sandbox import landlock
from scripts.adding.sandbox.confine import Confinement
from scripts.adding.sandbox.limits import Limits
from scripts.adding.sandbox.process import Task, Tell, run
from scripts.adding.sources import SourceError
from tests import originals
from tests.adding import add
from tests.processes import REPOSITORY

_LIMITS = Limits(memory=2, seconds=120, file_size=10_000_000)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
needs_landlock = pytest.mark.skipif(not landlock.version(), reason="this system has no Landlock")


def said_by(
    function: str,
    folder: Path,
    argument: object = None,
    *,
    limits: Limits = _LIMITS,
    sandbox: bool = True,
) -> list[str]:
    work = folder / "work"
    work.mkdir()
    readable = (argument,) if function == "honest" and isinstance(argument, Path) else ()
    confinement = Confinement(work, readable, own_modules=True, sandbox=sandbox)
    said: list[str] = []
    task = Task(f"tests.sandboxed:{function}", argument, confinement, limits, verbose=False)
    run(task, lambda _, text: said.append(text))
    return said


@needs_landlock
def test_nothing_outside_can_be_reached(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    before = (outside / "secret").stat()
    said = said_by("attempts", tmp_path, outside)
    assert len(said) > 20
    assert [line for line in said if not line.endswith(": stopped")] == []
    assert [file.name for file in outside.iterdir()] == ["secret"]
    after = (outside / "secret").stat()
    assert (outside / "secret").read_text() == "secret"
    assert (after.st_mode, after.st_mtime, after.st_nlink) == (
        before.st_mode,
        before.st_mtime,
        before.st_nlink,
    )
    assert not list((tmp_path / "work").glob("[!.]*"))


def test_without_the_sandbox_all_is_open(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    said = said_by("attempts", tmp_path, outside, sandbox=False)
    assert "read a file: done" in said
    assert "start a program: done" in said


def test_what_a_model_needs_is_there(tmp_path: Path) -> None:
    (tmp_path / "given").write_text("content")
    content, variables, read = said_by("honest", tmp_path, tmp_path / "given")
    assert content == "content"
    assert not {name for name in variables.split() if name.startswith(("AWS_", "GIT", "PYTEST"))}
    assert "TMPDIR" in variables.split()
    assert read == "standard input: '', b''"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("grow", "it needs more than 0.6 GB of memory"),
        ("allocate", "it needs more than 0.6 GB of memory"),
        ("share", "it needs more than 0.6 GB of memory"),
        ("fill", "File too large"),
        ("crash", r"TensorFlow crashed on it \(SIGSEGV\)"),
        ("abort", r"TensorFlow crashed on it \(SIGABRT\)"),
        ("leave", "ended without a reason"),
        ("babble", "says what cannot be understood"),
        ("talk", "says too much"),
        ("nest", "nested too deep"),
        ("fail", "it cannot be used"),
    ],
)
def test_a_bad_end_is_one_reason(tmp_path: Path, function: str, message: str) -> None:
    limits = Limits(memory=0.6, seconds=120, file_size=1_000_000)
    with pytest.raises(SourceError, match=message) as refused:
        said_by(function, tmp_path, limits=limits)
    assert "\n" not in str(refused.value)


def test_who_does_not_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"not ready after 0\.5 seconds; .* --timeout SECONDS"):
        said_by("wait", tmp_path, limits=Limits(memory=2, seconds=0.5, file_size=1000))


_WATCHER = """
import sys
from pathlib import Path
from scripts.adding.sandbox.confine import Confinement
from scripts.adding.sandbox.limits import Limits
from scripts.adding.sandbox import process
from scripts.adding.sandbox.process import Task, run
process._IMPORTED_BEFORE = ["h5py"]  # saves seconds
confinement = Confinement(Path(sys.argv[1]), own_modules=True)
task = Task("tests.sandboxed:wait", None, confinement, Limits(2, 600, 1000), verbose=False)
run(task, lambda kind, text: print(text, flush=True))
"""


def python(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": ".:layers"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process of its parent's end"
)
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_the_one_who_watches(tmp_path: Path, sent: signal.Signals) -> None:
    with python(_WATCHER, str(tmp_path)) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "waiting\n"
        assert _with_folder(tmp_path)
        watcher.send_signal(sent)
        watcher.communicate()
    while _with_folder(tmp_path):
        time.sleep(0.05)


def _with_folder(folder: Path) -> list[str]:
    """The processes that work in the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if process.readlink() == folder:
                found.append(process.parent.name)
        except OSError:
            continue
    return found


_WITHOUT_MEANS = """
import sys
from pathlib import Path
from scripts.adding.sandbox import confine, landlock, namespaces, seccomp
def refuse(): raise PermissionError
landlock.version = lambda: 0
seccomp.restrict = namespaces.leave_network = refuse  # as in gVisor
print(*confine.confine(confine.Confinement(Path(sys.argv[1]))), sep="\\n")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the list is one line")
def test_what_the_system_does_not_offer_is_named(tmp_path: Path) -> None:
    with python(_WITHOUT_MEANS, str(tmp_path)) as process:
        said, errors = process.communicate()
    assert not errors
    assert [line.split(" (")[0] for line in said.splitlines()] == [
        "files",
        "starting programs",
        "the network",
    ]


def model_that_writes(folder: Path) -> tuple[Path, Path]:
    """A model whose layer writes a file whenever it computes, and that file."""
    marker = folder / "it_ran"
    write = keras.layers.Lambda(_touch(str(marker)), output_shape=(2,), name="writes")
    model = keras.Sequential([keras.layers.Input((2,)), write, keras.layers.Dense(1)])
    model.save(folder / "writes.keras")
    marker.unlink(missing_ok=True)
    return folder / "writes.keras", marker


def _touch(place: str) -> Callable[..., object]:
    # What a Lambda encloses is stored with its code, and what it imports is not.
    return lambda x: open(place, "w") and x  # noqa: PTH123


@needs_landlock
def test_code_that_is_allowed_stays_in_the_sandbox(tmp_path: Path) -> None:
    path, marker = model_that_writes(tmp_path)
    with pytest.raises(SystemExit, match="writes was not added: "):
        add(tmp_path / "models", str(path), "writes", "--allow-code")
    assert not marker.exists()
    add(tmp_path / "models", str(path), "writes", "--allow-code", "--no-sandbox")
    assert marker.exists()


@pytest.mark.parametrize(
    ("limit", "message"),
    [("--memory=0.05", "--memory GB"), ("--timeout=0.01", "--timeout SECONDS")],
)
def test_limits_are_options(tmp_path: Path, limit: str, message: str) -> None:
    path, _ = originals.keras_archive(tmp_path)
    with pytest.raises(SystemExit, match=f"flowers was not added: it .*{message}$"):
        add(tmp_path / "models", str(path), "flowers", limit)
    assert not list((tmp_path / "models").iterdir())


@pytest.mark.parametrize("limit", ["--memory=nan", "--memory=0", "--timeout=-1", "--timeout=inf"])
def test_a_limit_is_a_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], limit: str
) -> None:
    with pytest.raises(SystemExit):
        add(tmp_path / "models", "anything", "flowers", limit)
    assert "expected a number above 0" in capsys.readouterr().err


def test_what_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line on the terminal, where a system offers nothing."""

    def run_unconfined(task: Task, tell: Tell) -> None:
        tell("unconfined", "files (Landlock)")
        raise SourceError("enough")

    monkeypatch.setattr(add_model, "run", run_unconfined)
    path, _ = originals.keras_archive(tmp_path)
    with pytest.raises(SystemExit, match="enough"):
        add(tmp_path / "models", str(path), "flowers")
    assert "warning: this system cannot keep the model's code from files (Landlock)" in (
        capsys.readouterr().out
    )


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    path, _ = originals.keras_archive(tmp_path)
    models = tmp_path / "models"
    command = [sys.executable, "-m", "scripts.add_model", str(path), "flowers"]
    with subprocess.Popen(
        [*command, f"--models-dir={models}"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": ".:layers"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("[2/6]"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert errors == "flowers was not added: interrupted\n"
    assert not list(models.iterdir())


def test_two_additions_of_one_name_at_once(tmp_path: Path) -> None:
    path, _ = originals.litert_of_one_row(tmp_path)
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(
            lambda _: (
                subprocess.run(
                    [
                        *(sys.executable, "-m", "scripts.add_model", str(path), "row"),
                        f"--models-dir={tmp_path / 'models'}",
                    ],
                    cwd=REPOSITORY,
                    env=os.environ | {"PYTHONPATH": ".:layers"},
                    capture_output=True,
                    text=True,
                ).stdout
            ),
            range(2),
        )
    said = one + other
    assert "added row, version 1" in said
    assert "added row, version 2" in said
    assert [folder.name for folder in (tmp_path / "models").iterdir()] == ["row"]
