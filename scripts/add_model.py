"""Add a trained model: compile it, compare it with the original, write the files for serving.

Takes .keras, HDF5 (of any Keras), a SavedModel folder or .tflite, whatever the file's name.

Example: make add-model MODEL=~/iris.h5 NAME=iris LABELS=~/species.txt
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from inference.settings import settings
from scripts import command
from scripts.adding.package import folder_of, previous_metadata, read_card, write_package
from scripts.adding.quiet import quiet
from scripts.adding.report import report
from scripts.adding.sources import SourceError, identify


def main(arguments: Sequence[str] | None = None) -> None:
    """Add one model to the folder of models."""
    options = _parse(arguments)
    try:
        _add(options)
    except SourceError as error:
        sys.exit(f"{options.name} was not added: {error}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command.parser(__doc__)
    parser.add_argument("model", type=_path, help="the file or folder that holds the model")
    parser.add_argument("name", help="what clients call it: /v1/models/NAME:predict")
    parser.add_argument("--labels", type=_path, help="class names, a line each or a JSON list")
    parser.add_argument("--examples", type=_path, help="real rows, JSON or CSV, to show and check")
    parser.add_argument(
        "--engine",
        choices=("auto", "litert", "tensorflow"),
        default="auto",
        help="what serves it (auto: LiteRT, or TensorFlow where LiteRT cannot)",
    )
    parser.add_argument(
        "--allow-code", action="store_true", help="load code in the file (Lambda layers)"
    )
    parser.add_argument(
        "--custom-objects",
        action="append",
        default=[],
        metavar="MODULE:NAME",
        help="a class or function of yours that the model uses; may be repeated",
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


def _add(options: argparse.Namespace) -> None:
    folder = folder_of(options.models_dir, options.name)
    previous = previous_metadata(folder)
    _progress(1, f"reading {options.model}")
    with quiet(unless=options.verbose), tempfile.TemporaryDirectory() as work:
        source = identify(options.model)
        # After the quick refusals, because importing TensorFlow takes seconds.
        from scripts.adding import (  # noqa: PLC0415
            choose,
            describe,
            examples,
            keras_models,
            original,
            safety,
            samples,
        )

        safety.refuse_hostile(source)
        _progress(2, f"it is {source}; loading it")
        objects = keras_models.import_objects(options.custom_objects)
        if not options.allow_code:
            safety.refuse_code(source, allowed=set(objects))
        model = original.open_original(source, Path(work), objects, allow_code=options.allow_code)
        for signature, reason in model.skipped.items():
            print(f"      signature {signature} is left out: {reason}")
        _progress(3, "asking it for answers to compare with")
        calls = samples.sample(model, options.examples)
        outputs = calls[model.default_signature][0].outputs
        labels = examples.read_labels(options.labels, outputs) if options.labels else []
        _progress(4, "compiling it to LiteRT and comparing")
        choice = choose.choose_engine(model, calls, options.engine, Path(work))
        _progress(5, "describing it")
        provenance = describe.provenance_of(source, choice)
        metadata = describe.describe(options.name, previous, model, choice, labels, provenance)
        card = read_card(folder) or describe.new_card(source, metadata)
        _progress(6, f"writing {folder}")
        write_package(folder, describe.pack(source, choice, calls, metadata, card))
    report(folder, metadata, provenance)


def _progress(step: int, text: str) -> None:
    print(f"[{step}/6] {text} …", flush=True)


if __name__ == "__main__":
    main()
