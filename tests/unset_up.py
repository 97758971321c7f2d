"""A copy of this repository in which nothing is set up, and stand-ins for programs of a machine."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.processes import copy_repository

ENGINE_THAT_IS_NOT_THERE = "unix:///nonexistent/docker.sock"
_PATIENCE = 300  # seconds; a command that should refuse may start a server instead
# What a Python of another version would run, and one without some modules.
_AS_ANOTHER = """#!/bin/sh
exec "{python}" -c 'import runpy, sys
import importlib.util as util
sys.version_info = tuple({version})
found = util.find_spec
util.find_spec = lambda name, package=None: None if name in {lacks} else found(name, package)
sys.argv = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)' "$@"
"""


class Copy:
    """The copy. Its path holds a space, as people's paths do."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "my models"
        copy_repository(self.folder)

    def make(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )

    @staticmethod
    def command(*words: str) -> list[str]:
        return ["make", *words]

    @staticmethod
    def environment(**changes: str) -> dict[str, str]:
        """This process's, without what would answer a check, and without another make's flags."""
        of_make = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKE_TERMOUT", "PYTHON", "PYTHON_ASKED")
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in of_make and not name.startswith("AWS_")
        }
        return kept | {"AWS_EC2_METADATA_DISABLED": "true"} | changes

    def environments(self) -> set[str]:
        """What is set up."""
        return {path.name for path in self.folder.glob(".venv*")}


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)
    return path


def another_python(
    path: Path, version: tuple[int, int], lacks: frozenset[str] = frozenset()
) -> Path:
    """A program that says it is a Python of this version, and has not these modules."""
    script = _AS_ANOTHER.format(
        python=sys.executable, version=[*version, 0], lacks=json.dumps(sorted(lacks))
    )
    return program(path, script)


def path_without(place: Path, missing: str) -> str:
    """A PATH of all programs that this machine has, but one."""
    links = place / f"without-{missing}"
    links.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for found in Path(folder).glob("*") if Path(folder).is_dir() else ():
            link = links / found.name
            if found.name != missing and not link.is_symlink() and shutil.which(found):
                link.symlink_to(found)
    return str(links)
