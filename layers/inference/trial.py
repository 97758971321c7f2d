"""A trial: models are loaded and asked in a process of their own, which may crash or hang.

A damaged file may end the process that loads it, and no ``except`` catches that. So a file of
unknown origin is first tried in a child (see :mod:`inference.attempt`).
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.telemetry import logger

_LAYERS = Path(__file__).parents[1]
_SECONDS = 120  # of one model; importing TensorFlow on a slow machine is part of it
_READY = "ready"  # the child's first line: whatever happens then is of a model's making
_AT_ONCE = 20  # models of one child: their results fit into the buffer of a pipe
_SHOWN = 2000  # characters of what a crashed child printed


def find_broken(directory: Path, names: Sequence[str], seconds: int = _SECONDS) -> dict[str, str]:
    """The models that did not pass, each with the reason. Nothing is loaded in this process.

    Each may take this many seconds.
    """
    broken: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        results, status, printed = _attempt(directory, waiting[:_AT_ONCE], seconds)
        if results is None:
            # Not the models' fault, such as too little memory for a second process.
            logger.error("no process to try models in could be started", output=printed)
            return broken
        refused = {name: reason for name, reason in results.items() if reason}
        if refused:
            logger.error("models did not pass their trial", models=list(refused), output=printed)
        broken |= refused
        tried, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        untried = [name for name in tried if name not in results]
        waiting = untried[1:] + waiting
        for crashed in untried[:1]:
            broken[crashed] = f"{crashed}: {_how_it_ended(status)}"
            logger.error("a model ended its trial", model=crashed, output=printed)
    return broken


def _attempt(
    directory: Path, names: Sequence[str], seconds: int
) -> tuple[dict[str, str | None] | None, int, str]:
    """What the child says of each model that it got to; None if it did not start."""
    # A pipe of its own: what a model prints cannot be taken for the child's word.
    reading, writing = os.pipe()
    options = [str(writing), str(seconds), str(directory.absolute())]
    try:
        with subprocess.Popen(  # noqa: S603 - this module's own command
            [sys.executable, "-m", "inference.attempt", *options, *names],
            cwd=_LAYERS,
            pass_fds=(writing,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as child:
            os.close(writing)
            writing = -1
            _, printed = child.communicate()
        with open(reading, encoding="utf-8", closefd=False) as report:
            first, *lines = report.read().splitlines() or [""]
    except OSError as error:
        return None, 0, str(error)
    finally:
        for descriptor in {reading, writing} - {-1}:
            os.close(descriptor)
    results = {line["name"]: line["reason"] for line in map(json.loads, lines)}
    tail = printed.decode(errors="replace")[-_SHOWN:]
    return results if first == _READY else None, child.returncode, tail


def _how_it_ended(status: int) -> str:
    what = "add the model again from its original file, or remove its folder"
    if -status == signal.SIGALRM:
        return f"took too long to load and to answer its golden file; {what}"
    if status < 0:
        return f"ended the process that tried it, by {signal.Signals(-status).name}; {what}"
    return f"ended the process that tried it, with status {status}; {what}"
