"""The corpus of hostile files for `add-model`: tests make and try each of them."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.servers import REPOSITORY


def corpus() -> list[Path]:
    """The files of tests that hold the corpus."""
    return sorted((REPOSITORY / "tests/integration/scripts").glob("test_hostile*.py"))


def try_corpus(files: Sequence[Path]) -> list[str]:
    """Run these tests, whose output is shown. Returns what is wrong, in words."""
    if not files:
        return ["the corpus of hostile files is missing"]
    command = [sys.executable, "-m", "pytest", "-q", *map(str, files)]
    done = subprocess.run(command, cwd=REPOSITORY, check=False)
    return [f"hostile files: pytest ends with {done.returncode}"] if done.returncode else []
