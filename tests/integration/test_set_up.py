"""Environments: made once, whole, of the right Python, whoever interrupts or runs beside."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.processes import REPOSITORY
from tests.unset_up import Copy, another_python, program

GROUPS = ("runtime", "train", "dev", "sam", "lint")
# What the copies install in place of the project's packages: uv itself, from here, and one module
# for each group. pip and uv find them in a folder, so no network is asked.
UV = f"""#!/bin/sh
if [ -e hang ]; then touch hanging; exec sleep 600; fi
exec "{REPOSITORY}/.venv/bin/uv" "$@"
"""
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def wheel(folder: Path, name: str, files: dict[str, str]) -> str:
    """Write a wheel. Its line of requirements."""
    about = f"{name}-1.dist-info"
    content = files | {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content[f"{about}/RECORD"] = "".join(f"{file},,\n" for file in [*content, f"{about}/RECORD"])
    place = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(place, "w") as archive:
        for file, text in content.items():
            member = zipfile.ZipInfo(file)
            member.external_attr = 0o100755 << 16  # a regular file that may be run
            archive.writestr(member, text)
    return f"{name}==1 --hash=sha256:{hashlib.sha256(place.read_bytes()).hexdigest()}\n"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copy:
    copy = Copy(tmp_path)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    requirements = copy.folder / "requirements"
    line = wheel(wheels, "uv", {"uv-1.data/scripts/uv": UV})
    (requirements / "uv.txt").write_text(line)
    for group in GROUPS:
        script = {f"of_{group}-1.data/scripts/say-{group}": f"#!python\nprint('{group}')\n"}
        line = wheel(wheels, f"of_{group}", {f"of_{group}.py": "", **script})
        (requirements / f"{group}.txt").write_text(line)
    for installer in ("PIP", "UV"):
        monkeypatch.setenv(f"{installer}_NO_INDEX", "1")
        monkeypatch.setenv(f"{installer}_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return copy


def set_up(copy: Copy, *words: str) -> str:
    """What make says on its way."""
    done = copy.make(*words, f"PYTHON={sys.executable}")
    assert done.returncode == 0, done.stderr
    return done.stderr


def says(copy: Copy, group: str, environment: str = ".venv") -> str:
    """The group's program runs: with the environment's Python, from where it stands now."""
    command = [copy.folder / environment / f"bin/say-{group}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def fake_environment(copy: Copy, name: str, version: tuple[int, int], stamps: list[str]) -> None:
    """What another version of Python has left, complete by its stamps."""
    environment, (major, minor) = copy.folder / name, version
    program(environment / "bin/python", f"#!/bin/sh\necho {major} {minor}\n")
    (environment / f"lib/python{major}.{minor}/site-packages").mkdir(parents=True)
    for stamp in stamps:
        (environment / stamp).touch()


def test_a_group_is_set_up_once(copy: Copy) -> None:
    said = set_up(copy, ".venv/train", ".venv-sam/sam")
    assert said.count("setting up") == 4
    assert [says(copy, "train"), says(copy, "sam", ".venv-sam")] == ["train", "sam"]
    assert set_up(copy, ".venv/train", ".venv-sam/sam") == ""


def test_changed_requirements_are_installed_and_touched_ones_are_not(copy: Copy) -> None:
    set_up(copy, ".venv/dev")
    requirements = copy.folder / "requirements/runtime.txt"
    os.utime(requirements)
    assert set_up(copy, ".venv/dev") == ""
    requirements.write_text(requirements.read_text() + "# another release\n")
    assert set_up(copy, ".venv/dev") == "setting up .venv/runtime …\n"


def test_large_downloads_are_shown_in_a_log(copy: Copy) -> None:
    """A log is no terminal, and the packages take minutes."""
    set_up(copy, ".venv/runtime")
    said = r"echo 'Downloading tensorflow (240.0MiB)' >&2; echo ' + tensorflow==2' >&2"
    program(copy.folder / ".venv/bin/uv", f"#!/bin/sh\n{said}\n{UV.removeprefix('#!/bin/sh')}")
    lines = set_up(copy, ".venv/train").splitlines()
    assert (
        lines[0] == "setting up .venv/train (TensorFlow and Keras: over 1 GB on the disk, once) …"
    )
    assert "Downloading tensorflow (240.0MiB)" in lines
    assert not [line for line in lines if line.startswith((" +", "Using", "Resolved"))]


@pytest.mark.parametrize("name", [".venv", ".venv-sam"])
def test_an_environment_of_another_python_is_made_anew(copy: Copy, name: str) -> None:
    fake_environment(copy, name, (3, 9), ["uv", "runtime", "sam"])
    set_up(copy, ".venv-sam/sam", ".venv/runtime")
    assert says(copy, "sam", ".venv-sam") == "sam"
    assert says(copy, "runtime") == "runtime"
    assert not (copy.folder / name / "lib/python3.9").exists()


def test_an_environment_of_a_python_that_is_gone_is_made_anew(copy: Copy) -> None:
    set_up(copy, ".venv/runtime")
    (copy.folder / ".venv/bin/python").unlink()
    (copy.folder / ".venv/bin/python").symlink_to("/nonexistent/python")
    assert "setting up .venv/uv" in set_up(copy, ".venv/runtime")
    assert says(copy, "runtime") == "runtime"


def test_a_wrong_python_leaves_what_is_there_as_it_is(copy: Copy, tmp_path: Path) -> None:
    set_up(copy, ".venv/runtime")
    wrong = another_python(tmp_path / "python3.9", (3, 9))
    done = copy.make(".venv/runtime", f"PYTHON={wrong}")
    assert done.returncode == 2
    assert "Python 3.11 to 3.13 is needed" in done.stderr
    assert says(copy, "runtime") == "runtime"


def test_the_environment_is_used_where_nobody_names_another_python(
    copy: Copy, tmp_path: Path
) -> None:
    """A machine whose python3 is too old: PYTHON= is needed once."""
    set_up(copy, ".venv/runtime")
    another_python(tmp_path / "bin/python3", (3, 9))
    done = copy.make(".venv/runtime", PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_that_was_moved_is_set_up_again(copy: Copy, tmp_path: Path) -> None:
    set_up(copy, ".venv/dev", ".venv-sam/sam")
    copy.folder = copy.folder.rename(tmp_path / "moved")
    set_up(copy, ".venv/dev", ".venv-sam/sam")
    shutil.rmtree(tmp_path / "my models", ignore_errors=True)
    assert [says(copy, "dev"), says(copy, "sam", ".venv-sam")] == ["dev", "sam"]


@pytest.mark.parametrize("stamp", [".venv/runtime", ".venv-sam/sam"])
def test_what_was_interrupted_is_completed(copy: Copy, tmp_path: Path, stamp: str) -> None:
    set_up(copy, ".venv/uv")
    (copy.folder / "hang").touch()
    command = copy.command(stamp, f"PYTHON={sys.executable}")
    process = subprocess.Popen(
        command, cwd=copy.folder, env=copy.environment(), start_new_session=True
    )
    while not (copy.folder / "hanging").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (copy.folder / "hang").unlink()
    assert f"setting up {stamp}" in set_up(copy, stamp)
    assert says(copy, Path(stamp).name, Path(stamp).parent.name) == Path(stamp).name


def test_what_fails_is_no_success_for_the_next(copy: Copy) -> None:
    requirements = copy.folder / "requirements/runtime.txt"
    whole = requirements.read_text()
    requirements.write_text(whole + "nothing==1 --hash=sha256:" + 64 * "0" + "\n")
    for _ in range(2):
        done = copy.make(".venv/runtime")
        assert done.returncode == 2
        assert ".venv/runtime was not set up" in done.stderr
    requirements.write_text(whole)
    set_up(copy, ".venv/runtime")
    assert says(copy, "runtime") == "runtime"


def test_two_makes_at_once_share_the_work(copy: Copy) -> None:
    command = copy.command("-j4", ".venv/train", ".venv/dev", ".venv-sam/sam", ".venv-lint/lint")
    processes = [
        subprocess.Popen(
            command, cwd=copy.folder, env=copy.environment(), stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert "".join(said).count("setting up .venv") == 6, said  # each of them once
    for group in ("runtime", "train", "dev"):
        assert says(copy, group) == group
    assert [says(copy, name, f".venv-{name}") for name in ("sam", "lint")] == ["sam", "lint"]
