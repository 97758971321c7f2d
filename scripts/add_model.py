"""Add a trained model: compile it, compare it with the original, write the files for serving.

Takes .keras, HDF5 (of any Keras), a SavedModel folder or .tflite, whatever the file's name. The
file is loaded in a process that can reach no network and no other file, under limits.

Example: make add-model MODEL=~/iris.h5 NAME=iris LABELS=~/species.txt
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.settings import settings
from model.folder import size_of, staging
from scripts import command
from scripts.adding.declaring.declare import read_options
from scripts.adding.early import refuse_early
from scripts.adding.given import SourceError, folder_of, one_line
from scripts.adding.handover import take_over
from scripts.adding.intake import take_file, take_model
from scripts.adding.job import Job
from scripts.adding.package import previous_metadata
from scripts.adding.report import report
from scripts.adding.sandbox.confine import Confinement
from scripts.adding.sandbox.limits import Limits, default_memory
from scripts.adding.sandbox.process import Kind, Task, run

_INTERRUPTED = 130  # the exit code of a program that Ctrl-C has ended
_LEAST_FILE_SIZE = 2_000_000_000  # bytes that each file of a small model may have


def main(arguments: Sequence[str] | None = None) -> None:
    """Add one model to the folder of models."""
    options = _parse(arguments)
    try:
        _add(options)
    except SourceError as error:
        sys.exit(f"{options.name} was not added: {one_line(str(error))}")
    except OSError as error:
        place = one_line(str(error.filename or options.models_dir))
        sys.exit(f"{options.name} was not added: {place} cannot be written: {error.strerror}")
    except RecursionError:
        sys.exit(f"{options.name} was not added: it holds folders that are nested too deep")
    except KeyboardInterrupt:
        print(f"{options.name} was not added: interrupted", file=sys.stderr)
        sys.exit(_INTERRUPTED)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command.parser(__doc__)
    parser.add_argument("model", type=_path, help="the file or folder that holds the model")
    parser.add_argument("name", help="what clients call it: /v1/models/NAME:predict")
    parser.add_argument("--labels", type=_path, help="class names, a line each or a JSON list")
    parser.add_argument("--examples", type=_path, help="real rows, JSON or CSV, to show and check")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=KIND(FIELD=VALUE, …)",
        help="what people send for an input: image, text, column, table, sequence or raw, such as "
        "'photo=image(scale=caffe)'; docs/inputs.md has the fields; may be repeated",
    )
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="NAME=KIND(FIELD=VALUE, …)",
        help="what an output means: classes, number or raw, such as "
        "'scores=classes(activation=softmax)' or 'price=number(unit=EUR)'; may be repeated",
    )
    parser.add_argument(
        "--engine",
        choices=("auto", "litert", "tensorflow"),
        default="auto",
        help="what serves it (auto: LiteRT, or TensorFlow where LiteRT cannot)",
    )
    parser.add_argument(
        "--allow-code",
        action="store_true",
        help="load code in the file (Lambda layers); it runs in the sandbox",
    )
    parser.add_argument(
        "--custom-objects",
        action="append",
        default=[],
        metavar="MODULE:NAME",
        help="a class or function of yours that the model uses, or an installed package, such as "
        "keras_hub; may be repeated",
    )
    parser.add_argument(
        "--seconds",
        type=_positive,
        metavar="SECONDS",
        default=20,
        help="the longest run that a request may cause; limits follow from it "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--memory",
        type=_positive,
        metavar="GB",
        default=default_memory(),
        help="what loading it may take (default: %(default)s)",
    )
    parser.add_argument(
        "--timeout",
        type=_positive,
        metavar="SECONDS",
        default=1800,
        help="how long it may take (default: %(default)s)",
    )
    parser.add_argument(
        "--no-sandbox",
        action="store_true",
        help="let the model's code reach the network and your files; only for a file of yours",
    )
    parser.add_argument(
        "--models-dir",
        type=_path,
        default=settings.models_dir,
        help="the folder of models (default: $MODELS_DIR, or model)",
    )
    parser.add_argument("--verbose", action="store_true", help="show what TensorFlow prints")
    return parser.parse_args(arguments)


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"found '{text}', expected a number above 0")
    return number


def _add(options: argparse.Namespace) -> None:
    models: Path = options.models_dir.resolve()
    folder = folder_of(models, options.name)
    previous_metadata(folder)  # refuses early
    progress = _Progress()
    progress.step(f"reading {options.model}")
    # Refuses early, because importing TensorFlow takes seconds.
    refuse_early(options.model, options.engine, options.labels, options.examples)
    given = read_options(options.input, options.output)
    with staging(models) as staged:
        previous = previous_metadata(folder)
        work, scratch = staged / "work", staged / "work/.scratch"  # no name begins with a dot
        scratch.mkdir(parents=True)
        job = Job(
            name=options.name,
            model=take_model(options.model, staged / "given"),
            work=scratch,
            package=work / options.name,
            previous=previous,
            labels=options.labels and take_file(options.labels, staged / "labels"),
            examples=options.examples and take_file(options.examples, staged / "examples"),
            engine=options.engine,
            seconds=options.seconds,
            allow_code=options.allow_code,
            custom_objects=tuple(options.custom_objects),
            given=given,
        )
        run(_task(options, job, work), progress.tell)
        progress.step(f"writing {folder}")
        metadata, provenance = take_over(job.package, job.model, folder)
    report(folder, metadata, provenance)


def _task(options: argparse.Namespace, job: Job, work: Path) -> Task:
    return Task(
        function="scripts.adding.pipeline:add",
        argument=job,
        confinement=Confinement(
            work=work,
            readable=tuple(path for path in (job.model, job.labels, job.examples) if path),
            own_modules=bool(job.custom_objects),
            sandbox=not options.no_sandbox,
        ),
        limits=Limits(
            memory=options.memory,
            seconds=options.timeout,
            file_size=max(_LEAST_FILE_SIZE, 4 * size_of(job.model)),
        ),
        verbose=options.verbose,
    )


class _Progress:
    """The steps, printed as they begin."""

    def __init__(self) -> None:
        self._steps = 0

    def step(self, text: str) -> None:
        self._steps += 1
        print(f"[{self._steps}/6] {one_line(text)} …", flush=True)

    def tell(self, kind: Kind, text: str) -> None:
        """Print what the process in the sandbox says."""
        if kind == "step":
            self.step(text)
        elif kind == "unconfined":
            print(
                f"      warning: this system cannot keep the model's code from {one_line(text)}; "
                "the file is checked all the same",
                flush=True,
            )
        else:
            print(f"      {one_line(text)}", flush=True)


if __name__ == "__main__":
    main()
