import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from functions.pet_names import draw_names
from tests.processes import REPOSITORY

# A fork copies a process's memory as a restored SnapStart snapshot does, generators included.
FORK = """
import os, sys
from functions.api import app
from functions.pet_names import draw_names

for _ in range(2):
    if os.fork() == 0:
        print(draw_names(20, seed=eval(sys.argv[1])).names, flush=True)
        os._exit(0)
    os.wait()
"""


def names_of_two_copies(seed: int | None) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", FORK, repr(seed)],
        cwd=REPOSITORY,
        env={"PYTHONPATH": ".:layers"},
        check=True,
        capture_output=True,
        text=True,
    )
    copies = run.stdout.splitlines()
    assert len(copies) == 2
    return copies


def test_two_copies_of_one_snapshot_draw_different_names() -> None:
    first, second = names_of_two_copies(seed=None)
    assert first != second


def test_a_seed_means_the_same_in_every_process() -> None:
    first, second = names_of_two_copies(seed=7)
    assert first == second == repr(draw_names(20, seed=7).names)


def test_threads_do_not_disturb_each_other() -> None:
    alone = [draw_names(50, seed=seed).names for seed in range(20)]
    with ThreadPoolExecutor(8) as threads:
        together = threads.map(lambda seed: draw_names(50, seed=seed).names, range(20))
    assert list(together) == alone
