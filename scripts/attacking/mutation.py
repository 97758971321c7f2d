"""Damaged folders of models, each beside a good one: the good one must answer all the same."""

import json
import multiprocessing
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path

from inference.models import METADATA
from scripts.attacking.damage import Damage, known_damages, random_damages
from scripts.attacking.table import table

_SECONDS = 60.0  # for one start; a pipe that is read would wait for ever
_TRIAL = "scripts.attacking.trial"

Trial = Callable[[Path, str, Connection], None]


def attack_folders(model: Path, folder: Path, count: int, seed: int) -> list[str]:
    """Print what came of all damages. Returns what is wrong, in words."""
    from scripts.attacking.trial import try_folder  # noqa: PLC0415 - it starts the application

    damages = [*known_damages().items(), *random_damages(seed, count)]
    found = try_damages(model, folder, damages, try_folder)
    counts = Counter(problem.partition(":")[0] for _, problem in found)
    rows = [[problem, str(number)] for problem, number in counts.most_common()]
    print(f"{len(damages)} damaged folders, {len({name for name, _ in found})} with a problem")
    if rows:
        print(table(["problem", "folders"], rows), end="\n\n")
    return [f"{name}: {problem:.200}" for name, problem in found]


def try_damages(
    model: Path, folder: Path, damages: Sequence[tuple[str, Damage]], trial: Trial
) -> list[tuple[str, str]]:
    """The problems of each damage, with its name."""
    folder.mkdir()
    # The server of processes imports the application once; each process is a copy of it.
    os.environ |= {"MODELS_DIR": str(folder / "none"), "PRELOAD_MODELS": "none"}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_TRIAL])

    def try_one(numbered: tuple[int, tuple[str, Damage]]) -> list[tuple[str, str]]:
        number, (name, damage) = numbered
        directory = folder / str(number)
        _lay_out(model, directory)
        damage(directory / "suspect")
        problems = _run(context, trial, directory, model.name)
        shutil.rmtree(directory)
        return [(name, problem) for problem in problems]

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(chain.from_iterable(threads.map(try_one, enumerate(damages))))


def _lay_out(model: Path, directory: Path) -> None:
    """The good model, and a copy of it with another name. Their files are linked, not copied."""
    for name in (model.name, "suspect"):
        shutil.copytree(model, directory / name, copy_function=os.link)
    described = json.loads((model / METADATA).read_bytes()) | {"name": "suspect"}
    metadata = directory / "suspect" / METADATA
    metadata.unlink()
    metadata.write_text(json.dumps(described), encoding="utf-8")


def _run(
    context: multiprocessing.context.ForkServerContext, trial: Trial, directory: Path, good: str
) -> list[str]:
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=trial, args=(directory, good, sender))
    process.start()
    sender.close()
    problems: list[str] = []
    with receiver:
        try:
            while receiver.poll(_SECONDS):
                problem = receiver.recv()
                if problem is None:
                    break
                problems.append(problem)
            else:
                problems.append(f"it hangs for {_SECONDS:.0f} s")
                process.kill()
        except EOFError:
            process.join()
            problems.append(_end(process.exitcode))
    process.join()
    return problems


def _end(code: int | None) -> str:
    return f"the process ended by signal {-code}" if code and code < 0 else "the start failed"
