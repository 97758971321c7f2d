"""Engines: what runs a model's file. LiteRT for compiled models, TensorFlow for the others."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

from inference.digests import digest_of, require_digest
from inference.engines.litert import LiteRTEngine
from inference.engines.parsed_examples import parsing_examples
from inference.errors import BrokenModelError
from inference.files import require_plain_folder
from inference.signatures import Signature, Tensors

EngineName = Literal["litert", "tensorflow"]


class Engine(Protocol):
    """Runs the signatures of one model. Safe under threads."""

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs by name, for inputs that fit the signature."""
        ...


class LoadedEngine(Engine, Protocol):
    """An engine that read its signatures from the model's file."""

    signatures: dict[str, Signature]


def load_engine(
    name: EngineName,
    path: Path,
    sha256: str | None = None,
    *,
    allow_code: bool = False,
    described: Mapping[str, Signature] | None = None,
) -> LoadedEngine:
    """The engine of a ``.tflite`` file or a SavedModel folder.

    ``described`` are the signatures in the model's metadata. A SavedModel that does more than
    compute is loaded only if ``allow_code`` is true. Raises :class:`BrokenModelError`,
    also where the content has another digest than this.
    """
    if name == "litert":
        return parsing_examples(LiteRTEngine(path, sha256), described or {})
    require_plain_folder(path)
    if sha256 is not None:
        require_digest(path.name, digest_of(path), sha256)
    _require_folder_for_temporary_files()
    try:
        # Importing TensorFlow takes seconds, and most images do not hold it.
        from inference.engines.tensorflow import TensorFlowEngine  # noqa: PLC0415
    except ImportError as error:
        raise BrokenModelError(
            f"{path.parent.name}: needs TensorFlow, which is not installed; "
            "`make serve` and `make build` install it"
        ) from error
    return TensorFlowEngine(path, allow_code=allow_code)


def _require_folder_for_temporary_files() -> None:
    """TensorFlow asks for one while it is imported, and would fail without saying what to do."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError as error:
        raise BrokenModelError(
            "TensorFlow needs a folder for temporary files, and none can be written to: mount one, "
            "such as with `docker run --read-only --tmpfs /tmp`, or set TMPDIR"
        ) from error
