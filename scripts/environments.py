"""Environments and the groups of packages in them: which are complete, and how one is made.

A group is named by its stamp: ``.venv/train`` says that ``requirements/train.txt`` is installed in
``.venv``. The stamp is written when the group is complete. It holds the digest of the requirements
and the place of the environment, because programs in an environment that was moved do not start.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.checking.interpreter import version_of, version_to_use

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.checking.interpreter import Version

ENVIRONMENT = Path(".venv")  # made with PYTHON; the others are made with its Python
UV = ENVIRONMENT / "uv"
# Modules are compiled where many processes start, or where a start is measured. Without it, and
# with PYTHONDONTWRITEBYTECODE set, every process would compile TensorFlow for itself.
_COMPILED = (ENVIRONMENT, Path(".venv-bench"))
# Also what an interruption has left of an environment, which uv does not take for one.
_REPLACING = ("--clear", "--force")
# Groups that take minutes to load.
_ABOUT = {
    "train": " (TensorFlow and Keras: over 1 GB on the disk, once)",
    "tensorflow": " (TensorFlow: over 1 GB on the disk, once)",
}
# What uv says where no terminal is: which packages it has installed, and that there were none.
_OF_NO_INTEREST = (b" +", b" -", b" ~", b"Using Python", b"Resolved", b"Audited", b"Checked")
_HASHED = ("--no-deps", "--require-hashes")
_PIP_INSTALL = ("install", "--quiet", "--disable-pip-version-check", *_HASHED)


def chosen_version(*, asked: bool) -> Version:
    """The version of Python for environments: the first one's, or this one's where it is made anew.

    ``asked`` says that the user named this Python. Raises :class:`MissingError` as
    :func:`version_to_use` does.
    """
    is_kept = UV.exists() and not _has_moved(UV)
    return version_to_use(ENVIRONMENT, asked=asked or not is_kept)


def set_up(stamp: Path, *, asked: bool) -> None:
    """Install the group of this stamp, unless it is complete. One process at a time does so.

    Raises ``subprocess.CalledProcessError`` if pip or uv fails, and then leaves no stamp.
    """
    environment = stamp.parent
    with _locked(environment):
        version = chosen_version(asked=asked and stamp == UV)
        fits = version_of(environment) == version and not _has_moved(stamp)
        if fits and stamp.exists() and _is_current(stamp):
            return
        about = _ABOUT.get(stamp.name, "")
        print(f"setting up {stamp}{about} …", file=sys.stderr, flush=True)
        if stamp == UV:
            _install_uv(keep=fits and stamp.exists())
        elif environment == ENVIRONMENT:
            _complete(stamp)
        else:
            _take_stamps(environment)
            python = ENVIRONMENT / "bin/python"
            _uv("venv", "--quiet", *_REPLACING, f"--python={python}", environment)
            _install(stamp)
        stamp.write_text(_identity(stamp), encoding="utf-8")


@contextmanager
def _locked(environment: Path) -> Iterator[None]:
    """The lock ends with this process and with the installers that it started."""
    place = environment.resolve().with_name(".venv-lock")
    descriptor = os.open(str(place), os.O_RDWR | os.O_CREAT, 0o666)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - its only form
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another make that sets up …", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _requirements(stamp: Path) -> Path:
    return Path("requirements") / f"{stamp.name}.txt"


def _identity(stamp: Path) -> str:
    digest = hashlib.sha256(_requirements(stamp).read_bytes()).hexdigest()
    return f"{digest}\n{stamp.parent.resolve()}\n"


def _is_current(stamp: Path) -> bool:
    recorded = stamp.read_text(encoding="utf-8")
    if recorded:
        return recorded == _identity(stamp)
    # An earlier version of this project left the stamp empty.
    return stamp.stat().st_mtime >= _requirements(stamp).stat().st_mtime


def _has_moved(stamp: Path) -> bool:
    recorded = stamp.read_text(encoding="utf-8").splitlines() if stamp.exists() else []
    return bool(recorded) and recorded[-1] != str(stamp.parent.resolve())


def _take_stamps(environment: Path) -> None:
    """Before the environment changes. So an interruption leaves nothing that looks complete."""
    groups = (file.stem for file in Path("requirements").glob("*.txt"))
    for stamp in (environment / name for name in groups):
        if stamp.is_file():
            stamp.unlink()


def _install_uv(*, keep: bool) -> None:
    """Install uv with this Python's pip, or with a second pip.

    Unpacking a second one takes seconds. It is done only where this Python has none, or one older
    than 22.3, or one that fails. Then the second pip's message is the one to read.
    """
    python = ENVIRONMENT / "bin/python"
    install = [*_PIP_INSTALL, "-r", str(_requirements(UV))]
    if not keep:
        _take_stamps(ENVIRONMENT)
        _run(sys.executable, "-m", "venv", "--clear", "--without-pip", ENVIRONMENT)
    elif UV.exists():
        UV.unlink()
    try:
        _run(sys.executable, "-m", "pip", "--python", python, *install, stderr=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        _run(python, "-m", "ensurepip", stdout=subprocess.DEVNULL)
        _run(python, "-m", "pip", *install)


def _complete(stamp: Path) -> None:
    """Install a group beside others in the first environment.

    A package whose installation was interrupted looks installed. So a group that was left
    unfinished is completed, and then linked once more from uv's cache.
    """
    unfinished = stamp.with_name(f"{stamp.name}.unfinished")
    was_interrupted = unfinished.exists()
    unfinished.touch()
    if stamp.exists():
        stamp.unlink()
    _install(stamp)
    if was_interrupted:
        _install(stamp, "--reinstall", "--offline")
    unfinished.unlink()


def _install(stamp: Path, *options: str) -> None:
    options += ("--compile-bytecode",) if stamp.parent in _COMPILED else ()
    python = f"--python={stamp.parent / 'bin/python'}"
    words: list[str | Path] = ["pip", "install", *_HASHED, python, *options]
    words += ["-r", _requirements(stamp)]
    if sys.stderr.isatty():  # uv shows its progress there
        _uv(*words)
    else:
        _show_downloads(words)


def _show_downloads(words: Sequence[str | Path]) -> None:
    """Run uv, and show each large download, so that a log of minutes does not look stuck."""
    command = [str(word) for word in (ENVIRONMENT / "bin/uv", *words)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, close_fds=False) as uv:
        for line in uv.stderr or ():
            if not line.startswith(_OF_NO_INTEREST):
                sys.stderr.write(line.decode(errors="replace"))
                sys.stderr.flush()
    if uv.returncode:
        raise subprocess.CalledProcessError(uv.returncode, command)


def _uv(*words: str | Path) -> None:
    _run(ENVIRONMENT / "bin/uv", *words)


def _run(*words: str | Path, stdout: int | None = None, stderr: int | None = None) -> None:
    subprocess.run(
        [str(word) for word in words],
        check=True,
        stdout=stdout,
        stderr=stderr,
        close_fds=False,  # the lock stays held until the installer ends, even if this is killed
    )
