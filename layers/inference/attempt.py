"""The child of a trial: ``python -m inference.attempt DESCRIPTOR SECONDS DIRECTORY NAME…``.

Loads each model, replays its golden file, and writes a JSON line to the descriptor. What happens
to this process is the parent's result: see :mod:`inference.trial`.
"""

import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path

from inference.calls import read_calls
from inference.metadata import read_metadata
from inference.models import load_model
from inference.verification import reason_of, replay


def attempt(folder: Path) -> str | None:
    """Why a model is broken, or None."""
    try:
        calls = read_calls(folder, read_metadata(folder))
        replay(load_model(folder), calls)
    # An engine raises errors of any kind for a damaged file. Each is a result of the trial.
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()  # for the log of the parent
        return reason_of(folder, error)
    return None


def main(descriptor: int, seconds: int, directory: Path, names: list[str]) -> None:
    """Try these models in turn, each for no more than this time."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is expected and needs no dump
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends even a loop in native code
    with os.fdopen(descriptor, "w", encoding="utf-8") as report:
        print("ready", file=report, flush=True)
        for name in names:
            signal.alarm(seconds)
            line = {"name": name, "reason": attempt(directory / name)}
            print(json.dumps(line), file=report, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
