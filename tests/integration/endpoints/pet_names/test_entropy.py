"""Copies of one process must not draw the same names."""

import subprocess
import sys

from functions.endpoints.pet_names.drawing import draw_names
from functions.endpoints.pet_names.query import NamesQuery
from inference.models import ModelFolder
from tests.processes import REPOSITORY

# A fork copies a process's memory as a restored SnapStart snapshot does, generators included.
FORK = """
import os, sys
from functions.api.app import app
from functions.endpoints.pet_names.drawing import draw_names
from functions.endpoints.pet_names.query import NamesQuery

for _ in range(2):
    if os.fork() == 0:
        print(draw_names(app.state.models, NamesQuery(seed=eval(sys.argv[1]))).names, flush=True)
        os._exit(0)
    os.wait()
"""


def names_of_two_copies(models: ModelFolder, seed: int | None) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", FORK, repr(seed)],
        cwd=REPOSITORY,
        env={"PYTHONPATH": ".:layers", "MODELS_DIR": str(models.directory)},
        check=True,
        capture_output=True,
        text=True,
    )
    copies = run.stdout.splitlines()
    assert len(copies) == 2
    return copies


def test_two_copies_of_one_snapshot_draw_different_names(names_models: ModelFolder) -> None:
    first, second = names_of_two_copies(names_models, seed=None)
    assert first != second


def test_a_seed_means_the_same_in_every_process(names_models: ModelFolder) -> None:
    first, second = names_of_two_copies(names_models, seed=7)
    here = draw_names(names_models, NamesQuery(seed=7)).names
    assert first == second == repr(here)
