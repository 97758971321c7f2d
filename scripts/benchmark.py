"""Measure this project and what people use in its place, side by side in one run.

Example: python -m scripts.benchmark
"""

import argparse
import shutil
import statistics
import subprocess
from collections.abc import Callable

from scripts.benchmarks.names import handler_milliseconds, r_algorithm_milliseconds
from scripts.benchmarks.server import Run, measure

_STARTS = 5
_IMAGE = "apifunction:latest"  # what `make build` makes


def main() -> None:
    """Print one table."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    ours, theirs = [], []
    for number in range(_STARTS):
        print(f"starting servers, {number + 1} of {_STARTS} …", flush=True)
        ours.append(measure("functions.api.app:app", "/names"))
        theirs.append(measure("scripts.benchmarks.keras_app:app", "/names"))
    print("twenty names through the handler and through the R algorithm …\n", flush=True)
    print("| what | ours | compared with | ratio |\n| --- | --- | --- | --- |")
    row("20 names, event to response", handler_milliseconds(), "ms", r_algorithm_milliseconds())
    print("| | | *R algorithm: a Keras predict per character* | |")
    compare("process start to first /names", ours, theirs, "s", lambda run: run.first_answer)
    compare("one /names over HTTP", ours, theirs, "ms", lambda run: run.milliseconds)
    compare("resident memory", ours, theirs, "MB", lambda run: run.resident)
    print("| | | *the same application on TensorFlow and Keras* | |")
    print(f"| image | {image_megabytes()} | *R image: 1860 MB by its README* | |")


def compare(
    what: str, ours: list[Run], theirs: list[Run], unit: str, figure: Callable[[Run], float]
) -> None:
    """A row of medians."""
    row(what, statistics.median(map(figure, ours)), unit, statistics.median(map(figure, theirs)))


def row(what: str, ours: float, unit: str, theirs: float) -> None:
    """A row of the table."""
    print(f"| {what} | {ours:.2f} {unit} | {theirs:.2f} {unit} | {theirs / ours:.1f} |")


def image_megabytes() -> str:
    """The built image's size, or what to do to get one."""
    docker = shutil.which("docker")
    if docker is None:
        return "no Docker here"
    command = [docker, "image", "inspect", "--format", "{{.Size}}", _IMAGE]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    return f"{int(run.stdout) / 1e6:.0f} MB" if run.returncode == 0 else "not built: make build"


if __name__ == "__main__":
    main()
