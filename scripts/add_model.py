"""Add a trained model: compile it, check it against the original, and write what serving reads.

Takes .keras, HDF5 (of any Keras), a SavedModel folder or .tflite, whatever the file's name.

Example: make add-model MODEL=~/iris.h5 NAME=iris LABELS=~/species.txt
"""

import argparse
import re
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from inference.errors import BrokenModelError
from inference.models import Metadata, read_metadata
from inference.settings import settings
from scripts.compiling.quiet import quiet
from scripts.compiling.sources import SourceError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_CARD = Path(__file__).parent / "compiling" / "card.template.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Add one model to the folder of models."""
    options = _parse(arguments)
    try:
        _add(options)
    except SourceError as error:
        sys.exit(f"{options.name} was not added: {error}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.add_model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="the file or folder that holds the model")
    parser.add_argument("name", help="what clients call it: /v1/models/NAME:predict")
    parser.add_argument("--labels", type=Path, help="class names, a line each or a JSON list")
    parser.add_argument("--examples", type=Path, help="real rows, JSON or CSV, for docs and checks")
    parser.add_argument(
        "--engine",
        choices=("auto", "litert", "tensorflow"),
        default="auto",
        help="what serves it (auto: LiteRT, or TensorFlow where LiteRT cannot)",
    )
    parser.add_argument(
        "--allow-code", action="store_true", help="load code that the file brings (Lambda layers)"
    )
    parser.add_argument(
        "--custom-objects",
        action="append",
        default=[],
        metavar="MODULE:NAME",
        help="a class or function of yours that the model uses; may be repeated",
    )
    parser.add_argument("--verbose", action="store_true", help="show what TensorFlow prints")
    return parser.parse_args(arguments)


def _add(options: argparse.Namespace) -> None:
    folder = settings.models_dir / options.name
    previous = _previous(folder, options.name)
    print(f"[1/6] reading {options.model} …", flush=True)
    with quiet(unless=options.verbose), tempfile.TemporaryDirectory() as work:
        # TensorFlow takes seconds to import: after the cheap refusals.
        from scripts.compiling.adding import AddedModel  # noqa: PLC0415

        added = AddedModel.read(options.model, Path(work))
        added.load(options.custom_objects, allow_code=options.allow_code)
        added.sample(options.examples, options.labels)
        added.compile(options.engine)
        version = previous.version + 1 if previous else 1
        max_batch = {"max_batch": previous.max_batch} if previous else {}
        metadata = added.describe(name=options.name, version=version, **max_batch)
        added.write(folder, metadata, _card(folder, metadata))
    _report(folder, metadata)


def _previous(folder: Path, name: str) -> Metadata | None:
    if not _NAME.fullmatch(name):
        raise SourceError("a name has letters, digits, '_', '-', '.', and begins with a letter")
    if any(folder.glob("*.py")):
        raise SourceError(f"model/{name} holds a model with code of its own; choose another name")
    if not folder.exists():
        return None
    try:
        return read_metadata(folder)
    except BrokenModelError as error:
        raise SourceError(f"{error}; remove {folder} to add the model anew") from error


def _card(folder: Path, metadata: Metadata) -> str:
    """The card that somebody has filled in, else one to fill in."""
    if (folder / "card.md").exists():
        return (folder / "card.md").read_text()
    signature = metadata.signatures[metadata.default_signature]
    source: dict[str, Any] = metadata.provenance["source"]
    return Template(_CARD.read_text()).substitute(
        name=metadata.name,
        source=source["file"],
        kind=source["kind"],
        inputs=", ".join(f"`{n}` {s.dtype}{list(s.shape)}" for n, s in signature.inputs.items()),
        outputs=", ".join(f"`{n}` {s.dtype}{list(s.shape)}" for n, s in signature.outputs.items()),
    )


def _report(folder: Path, metadata: Metadata) -> None:
    found = metadata.provenance
    before, after = (found[what]["bytes"] / 1000 for what in ("source", "served"))
    print(
        f"added {metadata.name}, version {metadata.version}: "
        f"{before:,.0f} kB became {after:,.0f} kB, "
        f"largest difference from the original {found['parity_error']:.1e}"
    )
    if metadata.engine == "tensorflow":
        print(
            f"served by TensorFlow, because {metadata.engine_reason}; its image is about 1.1 GB "
            "and its first request takes seconds"
        )
    else:
        print("served by LiteRT")
    if folder.is_relative_to(Path.cwd()):
        folder = folder.relative_to(Path.cwd())
    example = folder / "example.json"
    print(f"fill in {folder / 'card.md'}, start `make serve`, and ask:")
    print(
        f"curl -d {shlex.quote(f'@{example}')} http://127.0.0.1:8000/v1/models/{metadata.name}:predict"
    )


if __name__ == "__main__":
    main()
