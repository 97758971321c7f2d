"""A folder of models: each is described by its ``metadata.json`` and run by its engine.

>>> model = load_model(Path("model/pet_names"))
>>> model.predict({"characters": tokens}, signature="next_character")["probabilities"].shape
(1, 4, 31)
"""

import threading
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from inference.errors import BrokenModelError, InvalidInputError, ModelNotFoundError, TooLargeError
from inference.litert import LiteRTEngine
from inference.settings import settings
from inference.signatures import Signature, Tensors

METADATA = "metadata.json"


class Engine(Protocol):
    """Runs one signature of one model; must be safe under threads."""

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs by name."""
        ...


class Metadata(BaseModel):
    """``metadata.json``: what the exporter says of a model, and all that serving knows of it."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    engine: Literal["litert", "tensorflow"]
    engine_reason: str = ""  # why this engine and not the faster one
    file: str  # what the engine loads, in the model's folder
    signatures: dict[str, Signature]
    default_signature: str
    max_batch: int = 1024  # rows of one request; edit it freely
    labels: list[str] = []  # class names, in the order of the output's last dimension
    provenance: dict[str, Any] = {}  # source, producer, versions, sizes, parity error
    extra: dict[str, Any] = {}  # what only this model's own endpoint reads


class Model:
    """A model in memory."""

    def __init__(self, metadata: Metadata, engine: Engine) -> None:
        self.metadata = metadata
        self.name = metadata.name
        self._engine = engine

    def predict(self, inputs: Tensors, signature: str | None = None) -> Tensors:
        """Outputs by name.

        Raises :class:`InvalidInputError` if the inputs do not fit, and :class:`TooLargeError`,
        before any time is spent, if they or the answer would be too large.
        """
        signature = signature or self.metadata.default_signature
        wanted = self.metadata.signatures.get(signature)
        if wanted is None:
            raise InvalidInputError(
                f"model '{self.name}' has no signature '{signature}', "
                f"only {sorted(self.metadata.signatures)}"
            )
        wanted.check(inputs)
        rows = wanted.rows(inputs)
        if rows > self.metadata.max_batch:
            raise TooLargeError(f"{rows} rows; {self.metadata.max_batch} may be sent at once")
        _refuse_large_answer(wanted.values(rows))  # before time is spent, where sizes are known
        if rows == 0:
            return wanted.no_rows()
        outputs = self._engine.run(signature, inputs)
        _refuse_large_answer(sum(array.size for array in outputs.values()))
        return outputs


def _refuse_large_answer(values: int) -> None:
    if 2 * values > settings.max_body_bytes:  # each takes a digit and a comma, at the least
        raise TooLargeError(f"the answer would exceed {settings.max_body_bytes} bytes; send less")


def load_model(folder: Path) -> Model:
    """Load one model folder. Raises :class:`BrokenModelError`."""
    metadata = read_metadata(folder)
    return Model(metadata, _load_engine(metadata.engine, folder / metadata.file))


def _load_engine(engine: str, path: Path) -> Engine:
    if engine == "litert":
        return LiteRTEngine(path)
    try:
        from inference.tensorflow import TensorFlowEngine  # noqa: PLC0415 - takes seconds
    except ImportError as error:
        raise BrokenModelError(
            f"{path.parent.name}: needs TensorFlow, which is not installed; "
            "`make serve` and `make build` install it"
        ) from error
    return TensorFlowEngine(path)


def read_metadata(folder: Path) -> Metadata:
    """What a model folder says of itself. Raises :class:`BrokenModelError`."""
    try:
        metadata = Metadata.model_validate_json((folder / METADATA).read_bytes())
    except OSError as error:
        raise BrokenModelError(f"{folder.name}: has no {METADATA}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BrokenModelError(f"{folder.name}: {METADATA}, {place}: {first['msg']}") from error
    if metadata.name != folder.name:
        raise BrokenModelError(f"{folder.name}: {METADATA} is of a model named '{metadata.name}'")
    if not (folder / metadata.file).exists():
        raise BrokenModelError(f"{folder.name}: {metadata.file} is missing")
    return metadata


class ModelFolder:
    """The models under one directory: described at start, loaded on first use, then kept.

    ``described`` holds each model's metadata by name, ``broken`` the reason why one is not served.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.described: dict[str, Metadata] = {}
        self.broken: dict[str, str] = {}
        self._loaded: dict[str, Model] = {}
        self._lock = threading.Lock()
        for folder in sorted(directory.iterdir()) if directory.is_dir() else []:
            if folder.is_dir() and not folder.name.startswith((".", "_")):
                try:
                    self.described[folder.name] = read_metadata(folder)
                except BrokenModelError as error:
                    self.broken[folder.name] = str(error)

    def get(self, name: str) -> Model:
        """Load, or take what was loaded.

        Raises :class:`ModelNotFoundError`, or :class:`BrokenModelError` also in later calls.
        """
        with self._lock:
            if name in self.broken:
                raise BrokenModelError(self.broken[name])
            if name not in self.described:
                raise ModelNotFoundError(f"no model named '{name}'")
            if name not in self._loaded:
                try:
                    self._loaded[name] = load_model(self.directory / name)
                except BrokenModelError as error:
                    self.broken[name] = str(error)
                    raise
            return self._loaded[name]


@cache
def served_models() -> ModelFolder:
    """The models of this process."""
    return ModelFolder(settings.models_dir)
