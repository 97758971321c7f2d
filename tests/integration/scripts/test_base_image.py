"""``scripts/base-image`` and ``scripts/label-image``, with stubs of the programs they call."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes import REPOSITORY

WEEK = 7 * 24 * 60 * 60
NOW = 1_800_000_000
# Each call is written down. What `docker image inspect` answers is read from files.
DOCKER = """#!/bin/sh
echo "docker $*" >>"$STUBS/calls"
case "$1 $2" in
    "version "*) cat "$STUBS/engine" 2>/dev/null ||
        { echo "Cannot connect to the daemon" >&2; exit 1; } ;;
    "image inspect") case $4 in
        *Architecture*) cat "$STUBS/architecture" 2>/dev/null ;;
        *) cat "$STUBS/refreshed" 2>/dev/null ;;
    esac ;;
    "pull "*) test -e "$STUBS/registry" || { echo "no such host" >&2; exit 1; } ;;
    "build "*) cat >/dev/null ;;
esac
"""
MMDEBSTRAP = """#!/bin/sh
echo "mmdebstrap $*" >>"$STUBS/calls"
test -e "$STUBS/archive" && for tar in "$@"; do :; done && echo >"$tar"
"""


class Machine:
    """A machine with these things: an engine, a registry, an archive, an old image."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in (("docker", DOCKER), ("date", f"#!/bin/sh\necho {NOW}\n")):
            self.program(name, text)
        (folder / "temporary").mkdir()

    def program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def has(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {"STUBS": str(self.folder), "TMPDIR": str(self.folder / "temporary")}
        environment |= {"PATH": f"{self.folder}:/usr/bin:/bin"} | settings
        done = subprocess.run(
            words, cwd=REPOSITORY, env=environment, capture_output=True, text=True
        )
        assert not list((self.folder / "temporary").iterdir())
        return done

    @property
    def calls(self) -> str:
        file = self.folder / "calls"
        return file.read_text() if file.exists() else ""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


SCRIPT = "scripts/base-image"


def test_it_asks_for_the_engine_before_anything_else(machine: Machine) -> None:
    machine.has(registry="", archive="")
    done = machine.run(SCRIPT)
    assert done.returncode == 2
    assert "No Docker engine answers: Cannot connect to the daemon" in done.stderr
    assert len(machine.calls.splitlines()) == 1


@pytest.mark.parametrize(
    ("age", "architecture", "settings", "pulled"),
    [
        (WEEK - 1, "amd64", {}, False),
        (WEEK, "amd64", {}, True),
        (0, "arm64", {}, True),
        (0, "amd64", {"REFRESH": "1"}, True),
    ],
)
def test_an_image_that_is_fresh_is_used(
    machine: Machine, age: int, architecture: str, settings: dict[str, str], *, pulled: bool
) -> None:
    machine.has(engine="", registry="", architecture=architecture, refreshed=str(NOW - age))
    done = machine.run(SCRIPT, "x86_64", **settings)
    assert done.returncode == 0, done.stderr
    assert ("docker pull" in machine.calls) == pulled
    assert (f"--label base-image.refreshed={NOW}" in machine.calls) == pulled


def test_what_building_for_the_other_processor_needs_is_said_before(machine: Machine) -> None:
    if Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists():
        pytest.skip("this machine has the emulator")
    machine.has(engine="amd64", registry="", archive="")
    done = machine.run(SCRIPT, "arm64")
    assert done.returncode == 2
    assert "tonistiigi/binfmt --install arm64" in done.stderr
    assert "ubuntu-24.04-arm" in done.stderr
    assert "pull" not in machine.calls


def test_the_other_processor_is_asked_for(machine: Machine) -> None:
    machine.has(engine="", registry="")
    assert machine.run(SCRIPT, "arm64").returncode == 0
    assert "pull --quiet --platform linux/arm64 debian:trixie-slim" in machine.calls
    assert "build --quiet --platform linux/arm64" in machine.calls
    assert machine.run(SCRIPT, "sparc").stderr == "ARCH=sparc: expected x86_64 or arm64\n"


def test_without_a_registry_it_is_made_as_slim_as_the_other(machine: Machine) -> None:
    machine.program("mmdebstrap", MMDEBSTRAP)
    machine.has(engine="", archive="")
    # The only file of this machine that the script reads.
    if not Path("/etc/ssl/certs/ca-certificates.crt").exists():
        pytest.skip("this machine has no certificate authorities")
    assert machine.run(SCRIPT).returncode == 0
    assert "--dpkgopt=path-exclude=/usr/share/locale/*" in machine.calls
    assert "--dpkgopt=path-include=/usr/share/doc/*/copyright" in machine.calls
    assert "docker import --platform linux/amd64" in machine.calls


@pytest.mark.parametrize("old", [False, True])
def test_what_cannot_be_refreshed_is_used_or_refused(machine: Machine, *, old: bool) -> None:
    machine.program("mmdebstrap", MMDEBSTRAP)
    machine.has(engine="", **({"architecture": "amd64", "refreshed": "0"} if old else {}))
    done = machine.run(SCRIPT)
    assert done.returncode == (0 if old else 1)
    assert ("goes on with the one that is here" in done.stderr) == old
    assert "docker import" not in machine.calls


def test_labels_say_the_commit_and_no_secret(machine: Machine, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    (clone / "layers/inference").mkdir(parents=True)
    (clone / "layers/inference/__init__.py").write_text('__version__ = "1.2.3"\n')
    shutil.copytree(REPOSITORY / "scripts", clone / "scripts")

    def label() -> str:
        (tmp_path / "calls").unlink(missing_ok=True)
        done = subprocess.run(
            ["scripts/label-image"],
            cwd=clone,
            env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "STUBS": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return machine.calls

    def git(*words: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        done = subprocess.run(
            ["git", *who, *words], cwd=clone, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    machine.has(architecture="amd64")
    assert "docker build" not in label()  # no clone: nothing is known
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message=x")
    git("remote", "add", "origin", "https://name:secret@example.com/team/models.git")
    calls = label()
    name = "org.opencontainers.image"
    assert f"--label {name}.revision={git('rev-parse', 'HEAD')} " in calls
    assert f"--label {name}.version=1.2.3" in calls
    assert f"--label {name}.source=https://example.com/team/models " in calls
    assert "secret" not in calls
    for address in ("git@example.com:team/models.git", "ssh://git@example.com:22/team/models.git"):
        git("remote", "set-url", "origin", address)
        assert f"--label {name}.source=https://example.com/team/models " in label()
    git("remote", "set-url", "origin", str(tmp_path))
    assert ".source" not in label()
    (clone / "layers/inference/new.py").touch()
    assert f"{git('rev-parse', 'HEAD')}-modified" in label()
