"""The Python that environments are made by, and the Python that made one."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from scripts.checking import MissingError

if TYPE_CHECKING:
    from pathlib import Path

    Version = tuple[int, int]
_OLDEST, _NEWEST = (3, 11), (3, 13)
_PIP_FOR_ANOTHER_PYTHON = (22, 3)  # the first that has the option --python
_SHOW_VERSION = "import sys; print(*sys.version_info[:2])"


def in_words(version: Version) -> str:
    """A version as people write it.

    >>> in_words((3, 11))
    '3.11'
    """
    return "{}.{}".format(*version)


def is_supported(version: Version | None) -> bool:
    """Whether the locked packages have wheels for this Python."""
    return version is not None and _OLDEST <= version <= _NEWEST


def version_of(environment: Path) -> Version | None:
    """The Python that runs in an environment, None if none runs.

    None also if it is not the Python that made the environment: an upgrade of the system may have
    put another at its place.
    """
    version = _version_of_program(str(environment / "bin/python"))
    if version and (environment / f"lib/python{in_words(version)}/site-packages").is_dir():
        return version
    return None


def version_to_use(environment: Path, *, asked: bool) -> Version:
    """The Python that environments are made by: this one if the user asked for it with ``PYTHON=``.

    An environment that works stays as it is otherwise. Raises :class:`MissingError` if this Python
    is needed and its version is not supported.
    """
    made = None if asked else version_of(environment)
    if made is not None and is_supported(made):
        return made
    if not is_supported(sys.version_info[:2]):
        raise MissingError(
            f"Python {in_words(_OLDEST)} to {in_words(_NEWEST)} is needed, and {sys.executable} is "
            f"Python {in_words(sys.version_info[:2])}: {_advice()}"
        )
    return sys.version_info[:2]


def check_modules() -> None:
    """Raise :class:`MissingError` if this Python can make no environment."""
    version = in_words(sys.version_info[:2])
    missing = "venv" if _lacks("venv") else "ensurepip"
    if _lacks("venv") or (_lacks("ensurepip") and not _has_new_pip()):
        raise MissingError(
            f"{sys.executable} has no module {missing}, so it can make no environment: "
            f"`sudo apt install python{version}-venv` on Debian or Ubuntu, "
            "or choose another Python with PYTHON=…"
        )


def _lacks(module: str) -> bool:
    return importlib.util.find_spec(module) is None


def _has_new_pip() -> bool:
    if _lacks("pip"):
        return False
    try:
        numbers = re.findall(r"\d+", metadata.version("pip"))[:2]
    except metadata.PackageNotFoundError:
        return False
    return tuple(map(int, numbers)) >= _PIP_FOR_ANOTHER_PYTHON


def _advice() -> str:
    for minor in range(_NEWEST[1], _OLDEST[1] - 1, -1):
        program = f"python3.{minor}"
        if shutil.which(program) and _version_of_program(program) == (3, minor):
            return f"`make PYTHON={program} …`"
    return "install one, and name it with `make PYTHON=python3.13 …`"


def _version_of_program(program: str) -> Version | None:
    try:
        done = subprocess.run(
            [program, "-I", "-S", "-c", _SHOW_VERSION],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": ""},
        )
        major, minor = done.stdout.split()
        return int(major), int(minor)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None
