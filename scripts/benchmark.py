"""Measure this project and other ways to serve a Keras model, side by side in one run.

Example: make bench
"""

import shutil
import statistics
import subprocess
from collections.abc import Callable

from scripts.adding.quiet import quiet
from scripts.benchmarks.added import mobilenet_milliseconds, servers_of_r_network
from scripts.benchmarks.server import OUR_SERVER, Run, Server, uvicorn
from scripts.command import parser
from scripts.example import example_is_present

_STARTS = 3
_IMAGE = "apifunction:latest"  # what `make build` makes

Runs = dict[str, list[Run]]


def main() -> None:
    """Print the tables as Markdown."""
    parser(__doc__).parse_args()
    with quiet(unless=False), servers_of_r_network() as servers:
        network = start_in_turn(servers)
    names = None
    if example_is_present():
        names = start_in_turn(
            {
                "ours": Server(OUR_SERVER, "/names"),
                "the same on Keras": Server(
                    uvicorn("scripts.benchmarks.keras_app:app"),
                    "/names",
                    # `functions.api.app`, which it imports, would load the models with LiteRT too.
                    environment={"PRELOAD_MODELS": "none", "VERIFY_MODELS": "none"},
                ),
            }
        )
    print("measuring single calls …", flush=True)
    rows = single_calls(with_names=names is not None)
    if names is None:
        print("\nThe pet names are left out: the example is not in this repository.")
    else:
        print_table("pet names", names, "process start to first /names, s", "one /names")
    print_table(
        "an LSTM of the R model's size, one row",
        network,
        "process start to first answer, s",
        "one row",
    )
    print("\n| | ours | compared with | ratio |\n| --- | --- | --- | --- |")
    print("\n".join(rows))


def start_in_turn(servers: dict[str, Server]) -> Runs:
    """Start each server several times, in turn, so that noise meets all of them alike."""
    runs: Runs = {name: [] for name in servers}
    for number in range(_STARTS):
        for name, server in servers.items():
            print(f"starting {name}, {number + 1} of {_STARTS} …", flush=True)
            runs[name].append(server.measure())
    return runs


def single_calls(*, with_names: bool) -> list[str]:
    """The rows of the last table: calls that need no server, and the size of the image."""
    rows = []
    with quiet(unless=False):
        if with_names:
            # The example may be missing.
            from scripts.benchmarks.names import (  # noqa: PLC0415
                handler_milliseconds,
                r_algorithm_milliseconds,
            )

            ours, theirs = handler_milliseconds(), r_algorithm_milliseconds()
            rows.append(
                f"| 20 names, event to response, ms | {ours:.2f} "
                f"| R's algorithm, one Keras `predict` a character: {theirs:.0f} "
                f"| {theirs / ours:.0f} × |"
            )
        ours, theirs = mobilenet_milliseconds()
    rows.append(
        f"| MobileNetV2, one image, ms | {ours:.1f} | TensorFlow: {theirs:.1f} "
        f"| {theirs / ours:.1f} × |"
    )
    rows.append(f"| image | {image_size()} | R image, by its README: 1860 MB | |")
    return rows


def print_table(title: str, runs: Runs, first_answer: str, request: str) -> None:
    """One column for each server, one row for each figure."""
    print(f"\n| {title} | {' | '.join(runs)} |\n|{' --- |' * (len(runs) + 1)}")
    print_row(first_answer, runs, lambda run: run.first_answer)
    print_row(f"{request} over HTTP, ms", runs, lambda run: run.milliseconds)
    print_row("answers a second, one worker", runs, lambda run: run.rate, more_is_better=True)
    print_row("resident memory, MB", runs, lambda run: run.resident)


def print_row(
    title: str, runs: Runs, figure: Callable[[Run], float], *, more_is_better: bool = False
) -> None:
    """The median of each server, and in brackets how many times better ours is."""
    ours, *theirs = (statistics.median(map(figure, each)) for each in runs.values())
    cells = [f"{ours:.2f}"]
    for median in theirs:
        ratio = ours / median if more_is_better else median / ours
        cells.append(f"{median:.2f} ({ratio:.1f} ×)")
    print(f"| {title} | {' | '.join(cells)} |")


def image_size() -> str:
    """The size of the built image, or why it is not known."""
    docker = shutil.which("docker")
    if docker is None:
        return "no Docker here"
    command = [docker, "image", "inspect", "--format", "{{.Size}}", _IMAGE]
    inspection = subprocess.run(command, check=False, capture_output=True, text=True)
    if inspection.returncode:
        return "not built: make build"
    return f"{int(inspection.stdout) / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
