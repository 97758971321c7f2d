"""A process that is killed at each place of its work in turn."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

_LIBRARY = ("/shutil.py", "/tempfile.py")


def killed_at_each_place(
    work: Callable[[], object], files: tuple[str, ...], after: Callable[[], object]
) -> int:
    """Run the work in a fork that kills itself at its first traced line, at the second, and so on.

    Lines of the named files are traced, and calls in Python's own functions on files, so that each
    of their steps is a place as well. ``after`` runs after each kill. Returns the
    number of kills, when the work has once been completed.
    """
    kills = 0
    while _is_killed(work, files, kills):
        after()
        kills += 1
    after()
    return kills


def _is_killed(work: Callable[[], object], files: tuple[str, ...], places: int) -> bool:
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        _kill_itself_after(places, files)
        try:
            work()
        finally:
            sys.settrace(None)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, -signal.SIGKILL):
        raise AssertionError(f"the work ended with {code}")
    return code != 0


def _kill_itself_after(places: int, files: tuple[str, ...]) -> None:
    passed = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal passed
        watched = frame.f_code.co_filename.endswith(files)
        if event == "line" or (event == "call" and frame.f_code.co_filename.endswith(_LIBRARY)):
            if passed == places:
                os.kill(os.getpid(), signal.SIGKILL)
            passed += 1
        return trace if watched else None

    sys.settrace(trace)
