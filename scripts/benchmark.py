"""Measure this project and what people use in its place, side by side in one run.

Example: python -m scripts.benchmark
"""

import argparse
import shutil
import statistics
import subprocess
from collections.abc import Callable

from scripts.benchmarks.added import mobilenet_milliseconds, servers_of_r_network
from scripts.benchmarks.names import handler_milliseconds, r_algorithm_milliseconds
from scripts.benchmarks.server import Run, Server, uvicorn
from scripts.compiling.quiet import quiet

_STARTS = 3
_IMAGE = "apifunction:latest"  # what `make build` makes


def main() -> None:
    """Print the tables."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    with quiet(unless=False), servers_of_r_network() as servers:
        added = start_in_turn(servers)
    names = start_in_turn(
        {
            "ours": Server(uvicorn("functions.api.app:app"), "/names"),
            "the same on Keras": Server(uvicorn("scripts.benchmarks.keras_app:app"), "/names"),
        }
    )
    print("twenty names through the handler and the R algorithm, images through MobileNetV2 …\n")
    with quiet(unless=False):
        ours, theirs = mobilenet_milliseconds()
    header("pet names", names)
    row("process start to first /names, s", names, lambda run: run.first_answer)
    row("one /names over HTTP, ms", names, lambda run: run.milliseconds)
    row("answers a second, one worker", names, lambda run: run.rate, more_is_better=True)
    row("resident memory, MB", names, lambda run: run.resident)
    header("an LSTM of the R model's size, one row", added)
    row("process start to first answer, s", added, lambda run: run.first_answer)
    row("one row over HTTP, ms", added, lambda run: run.milliseconds)
    row("answers a second, one worker", added, lambda run: run.rate, more_is_better=True)
    row("resident memory, MB", added, lambda run: run.resident)
    handler, algorithm = handler_milliseconds(), r_algorithm_milliseconds()
    print("\n| | ours | compared with | ratio |\n| --- | --- | --- | --- |")
    print(
        f"| 20 names, event to response, ms | {handler:.2f} "
        f"| R's algorithm, one Keras `predict` a character: {algorithm:.0f} "
        f"| {algorithm / handler:.0f} × |"
    )
    print(f"| MobileNetV2, one image, ms | {ours:.1f} | TensorFlow: {theirs:.1f} ", end="")
    print(f"| {theirs / ours:.1f} × |")
    print(f"| image | {image_megabytes()} | R image, by its README: 1860 MB | |")


def start_in_turn(servers: dict[str, Server]) -> dict[str, list[Run]]:
    """Several starts of each, in turn, so that all meet the same noise."""
    runs: dict[str, list[Run]] = {name: [] for name in servers}
    for number in range(_STARTS):
        for name, server in servers.items():
            print(f"starting {name}, {number + 1} of {_STARTS} …", flush=True)
            runs[name].append(server.measure())
    return runs


def header(what: str, runs: dict[str, list[Run]]) -> None:
    """The first lines of a table."""
    print(f"\n| {what} | {' | '.join(runs)} |\n|{' --- |' * (len(runs) + 1)}")


def row(
    what: str,
    runs: dict[str, list[Run]],
    figure: Callable[[Run], float],
    *,
    more_is_better: bool = False,
) -> None:
    """Medians, and how many times better ours is."""
    ours, *theirs = (statistics.median(map(figure, each)) for each in runs.values())
    cells = [f"{ours:.2f}"]
    for their in theirs:
        ratio = ours / their if more_is_better else their / ours
        cells.append(f"{their:.2f} ({ratio:.1f} ×)")
    print(f"| {what} | {' | '.join(cells)} |")


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
