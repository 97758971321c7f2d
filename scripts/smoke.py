"""Compare what an address answers with the models in this folder. Exit with 1 on any difference.

Every golden row of every model, in every dialect; every documented route; the time of the first
answer, and p50 and p99 of many more. The address may be `make serve`, a container, `sam local
start-api`, a stack, or a custom domain, with the path of a stage or without.

Example: make smoke URL=https://api.example.com ARGS='--api-key-secret ARN'
"""

import argparse
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inference.models import ModelFolder
from inference.settings import settings
from inference.telemetry import logger
from scripts.command import parser
from scripts.smoking.address import UsageError, parse
from scripts.smoking.client import Client, StoppedError
from scripts.smoking.credentials import add_arguments, choose
from scripts.smoking.dialects import DIALECTS
from scripts.smoking.differences import Difference
from scripts.smoking.health import greet
from scripts.smoking.latency import measure
from scripts.smoking.replaying import replay
from scripts.smoking.report import Report
from scripts.smoking.routes import ask_routes

_USAGE, _INTERRUPTED = 2, 130  # exit codes; the second is that of a program ended by Ctrl-C
_WIDTH = 79  # of the line of progress


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report."""
    options = parse_arguments(arguments)
    logger.setLevel(logging.CRITICAL)  # a broken model is in the report
    try:
        report = _run(options)
    except UsageError as error:
        print(error, file=sys.stderr)
        sys.exit(_USAGE)
    except KeyboardInterrupt:
        print("interrupted, nothing is known", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    sys.exit(1 if report.differences else 0)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    options = parser(__doc__)
    options.add_argument("url", metavar="URL", help="such as http://127.0.0.1:8000")
    add_arguments(options)
    options.add_argument(
        "--models-dir",
        type=Path,
        default=settings.models_dir,
        help="the folder of models to compare with (default: $MODELS_DIR, or model)",
    )
    options.add_argument(
        "--requests",
        type=_count,
        default=100,
        help="requests by which each model is measured (default: %(default)s; 0: none)",
    )
    options.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar="NAME",
        help="leave out a dialect ('V2 binary', which `sam local` cannot carry) or a route ('GET "
        "/orders', as reports name it); may be repeated",
    )
    options.add_argument(
        "--timeout",
        type=_seconds,
        default=60,
        metavar="SECONDS",
        help="for each answer (default: %(default)s)",
    )
    options.add_argument(
        "--ca", type=Path, metavar="FILE", help="trust the certificates of this file instead"
    )
    options.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON, too")
    return options.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number from 0, found {text!a}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 3600:  # noqa: PLR2004 - an hour
        raise argparse.ArgumentTypeError(f"expected seconds over 0 up to 3600, found {text!a}")
    return seconds


def _run(options: argparse.Namespace) -> Report:
    address = parse(options.url)
    if not options.models_dir.is_dir():
        raise UsageError(f"{options.models_dir} is no folder: MODELS_DIR names the models")
    if options.json:
        _write(options.json, "")  # before the work of minutes
    credentials = choose(options, address)
    client = Client(address, credentials, options.timeout, options.ca)
    models = ModelFolder(options.models_dir, verify="none")  # it describes, and loads nothing
    report = Report(str(address))
    with _progress() as advance:
        advance("the first answer")
        try:
            _ask(client, models, options, report, advance)
        except UsageError as error:
            raise UsageError(credentials.hide(str(error))) from error
        except StoppedError as error:
            report.others.append(Difference("stopped", str(error)))
    report.requests, report.waits = client.requests, client.waits
    report.connections = client.connections
    if not models.served and not models.broken:
        report.notes.append(
            f"{options.models_dir} holds no model, so no answer was compared; "
            "add one with `make add-model`"
        )
    print(credentials.hide(report.text()))
    if options.json:
        _write(options.json, credentials.hide(report.json()))
    return report


def _ask(
    client: Client,
    models: ModelFolder,
    options: argparse.Namespace,
    report: Report,
    advance: Callable[[str], None],
) -> None:
    greeting = greet(client, models)
    report.first_seconds = greeting.seconds
    report.others += greeting.differences
    report.notes += greeting.notes
    there = {model.name for model in greeting.health.models}
    for name, metadata in models.served.items():
        if name not in there:  # told already
            continue
        calls = models.golden(name)
        if options.requests:  # first, because a model's first answer may load it
            golden = calls[metadata.default_signature]
            latency, failures = measure(client, metadata, golden, options.requests, advance)
            report.latencies += [latency] if latency else []
            report.others += failures
        report.models.append(replay(client, metadata, calls, options.skip, advance))
    report.routes = ask_routes(client, greeting, options.skip, advance)
    known = {dialect.name for dialect in DIALECTS} | report.routes.skipped.keys()
    report.notes += [
        f"--skip: {name!a} is no dialect, and no documented route"
        for name in options.skip
        if name not in known
    ]


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows what is done now in one line, where a person sees it."""
    shown = sys.stderr.isatty()

    def advance(what: str) -> None:
        if shown:
            print(f"\r\033[K{what:.{_WIDTH}}", end="", file=sys.stderr, flush=True)

    try:
        yield advance
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _write(file: Path, content: str) -> None:
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--json {file}: cannot be written: {error.strerror}") from error


if __name__ == "__main__":
    main()
