"""The process: started with TensorFlow already imported, watched, and ended from outside.

What it says comes as lines of JSON, never as Python's objects, and is not trusted.
"""

import importlib
import json
import multiprocessing
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Literal, get_args

from scripts.adding.quiet import quiet
from scripts.adding.sandbox import kernel
from scripts.adding.sandbox import limits as bounds
from scripts.adding.sandbox.confine import Confinement, confine, settle
from scripts.adding.sandbox.limits import Limits
from scripts.adding.sources import SourceError, reason_of

Kind = Literal["step", "note", "unconfined", "refused", "memory", "done"]
Tell = Callable[[Kind, str], None]

# A server process imports these once, and each process that does the work is forked from it.
# Nothing has been computed then, so TensorFlow has no threads that a fork would lose.
_IMPORTED_BEFORE = ["h5py", "tensorflow", "keras", "tf_keras", "ai_edge_litert.interpreter"]
# macOS' libraries do not bear a fork, and nothing is confined there.
if sys.platform == "linux":
    _CONTEXT = multiprocessing.get_context("forkserver")
else:
    _CONTEXT = multiprocessing.get_context("spawn")
_MOST_BYTES = 1_000_000  # of all that the process says
_PAUSE = 0.05  # seconds between two looks at the memory
_LACK_OF_MEMORY = ("MemoryError", "_ArrayMemoryError", "ResourceExhaustedError")
_STOPPED_BY_SYSTEM = -signal.SIGKILL
_FILE_TOO_LARGE = -signal.SIGXFSZ


@dataclass(frozen=True)
class Task:
    """A function ``MODULE:NAME`` of the project, called with an argument and with :data:`Tell`."""

    function: str
    argument: Any
    confinement: Confinement
    limits: Limits
    verbose: bool


def run(task: Task, tell: Tell) -> None:
    """Do the task in a process of its own. ``tell`` gets what it says: steps and notes.

    Raises :class:`SourceError` that says why the task did not end well. When this returns or
    raises, the process has ended.
    """
    # With oneDNN, TensorFlow never gives freed memory back, and rounds in another way than LiteRT.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    _CONTEXT.set_forkserver_preload(_IMPORTED_BEFORE)
    reader, writer = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_work, args=(task, writer), daemon=True)
    with reader:
        with writer, quiet(unless=task.verbose):
            process.start()
        try:
            _watch(process, reader, task.limits, tell)
        finally:
            process.kill()
            process.join()
            process.close()


def _watch(process: BaseProcess, reader: Connection, limits: Limits, tell: Tell) -> None:
    deadline = time.monotonic() + limits.seconds
    unfinished, length = b"", 0
    waited_for: list[Any] = [reader, process.sentinel]
    while True:
        ready = wait(waited_for, timeout=_PAUSE)
        if reader in ready:
            # Not `reader.recv_bytes`, which a half message would hold up for ever.
            chunk = os.read(reader.fileno(), _MOST_BYTES)
            length += len(chunk)
            *lines, unfinished = (unfinished + chunk).split(b"\n")
            for kind, text in map(_message, lines):
                if kind == "done":
                    return
                _raise_refusal(kind, text, limits)
                tell(kind, text)
            if length > _MOST_BYTES:
                raise SourceError("its process says too much: refused")
            if not chunk:
                waited_for.remove(reader)
        elif process.sentinel in ready:
            raise SourceError(_reason_of_end(process, limits))
        if bounds.memory_of(process.pid or 0) > limits.memory:
            raise SourceError(_memory(limits))
        if time.monotonic() > deadline:
            raise SourceError(
                f"it was not ready after {limits.seconds:g} seconds; if it needs longer, raise "
                "the limit with --timeout SECONDS"
            )


def _message(line: bytes) -> tuple[Kind, str]:
    try:
        kind, text = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        kind, text = None, None
    if kind not in get_args(Kind) or not isinstance(text, str):
        raise SourceError("its process says what cannot be understood: refused")
    return kind, text


def _raise_refusal(kind: Kind, text: str, limits: Limits) -> None:
    if kind == "refused":
        raise SourceError(text)
    if kind == "memory":
        raise SourceError(_memory(limits))


def _memory(limits: Limits) -> str:
    return (
        f"it needs more than {limits.memory:g} GB of memory while it is loaded and compared; if "
        "that is to be expected, raise the limit with --memory GB"
    )


def _reason_of_end(process: BaseProcess, limits: Limits) -> str:
    process.join()
    code = process.exitcode or 0
    if code == _STOPPED_BY_SYSTEM:
        return "the system ended its process, most likely because the machine's memory was full"
    if code == _FILE_TOO_LARGE:
        return "it makes files that are larger than a model of its size needs: refused"
    if code < 0:
        return (
            f"TensorFlow crashed on it ({signal.Signals(-code).name}): the file is damaged or "
            f"hostile, or needs more than {limits.memory:g} GB of memory (see --memory GB)"
        )
    return f"its process ended without a reason (exit code {code}); --verbose may show it"


def _work(task: Task, writer: Connection) -> None:
    """In the process: give up what the task does not need, then do it."""
    descriptor = writer.fileno()
    _leave_terminal(verbose=task.verbose)
    os.setsid()  # Ctrl-C is for the one who watches
    if sys.platform == "linux":
        # The other descriptors are pipes of `multiprocessing` to other processes.
        os.closerange(3, descriptor)
        os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))
        kernel.die_with_parent(signal.SIGKILL)

    def tell(kind: Kind, text: str) -> None:
        os.write(descriptor, json.dumps([kind, text[:10_000]]).encode() + b"\n")

    tell(*_outcome(task, tell))
    os._exit(0)  # nothing of the model's runs at the end


def _leave_terminal(*, verbose: bool) -> None:
    """Read nothing from the terminal; write to it only what the user wants to see."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    sys.stdin = os.fdopen(0, closefd=False)
    if not verbose:
        os.dup2(nowhere, 2)
        warnings.simplefilter("ignore")
    os.dup2(2, 1)
    os.close(nowhere)


def _outcome(task: Task, tell: Tell) -> tuple[Kind, str]:
    try:
        settle(task.confinement)
        bounds.restrict(task.limits)
        if task.confinement.sandbox:
            for lacking in confine(task.confinement):
                tell("unconfined", lacking)
        module, _, name = task.function.partition(":")
        getattr(importlib.import_module(module), name)(task.argument, tell)
    except Exception as error:  # noqa: BLE001 - the file is hostile, and Keras raises any class
        if task.verbose:
            traceback.print_exc()
        return _refusal(error)
    return "done", ""


def _refusal(error: Exception) -> tuple[Kind, str]:
    if any(type(cause).__name__ in _LACK_OF_MEMORY for cause in _causes(error)):
        return "memory", ""
    if isinstance(error, SourceError):
        return "refused", str(error)
    if isinstance(error, RecursionError):
        return "refused", "it is nested too deep to be a model"
    reason = f"{type(error).__name__}: {reason_of(error)}"
    if isinstance(error, PermissionError):
        reason += "; the sandbox opens only what a model needs, and --no-sandbox opens all"
    return "refused", f"it cannot be used ({reason}); --verbose shows where"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
