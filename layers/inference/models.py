"""A folder of models: each is described by its ``metadata.json`` and run by its engine.

``models/iris/metadata.json`` describes the model ``iris``; the file that it names lies beside it.
"""

import threading
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from inference.engines import Engine, EngineName, load_engine
from inference.errors import BrokenModelError, InvalidInputError, ModelNotFoundError
from inference.limits import Limits
from inference.signatures import Signature, Tensors

METADATA = "metadata.json"


class SourceRecord(BaseModel):
    """The file or folder that a model was given as."""

    model_config = ConfigDict(frozen=True)

    file: str
    kind: str  # such as "Keras 3"
    producer: dict[str, str] = {}  # the program that wrote it, and its version
    sha256: str
    bytes: int


class ServedRecord(BaseModel):
    """The file or folder that the engine loads."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    bytes: int


class Provenance(BaseModel):
    """How a model came into its folder."""

    model_config = ConfigDict(frozen=True)

    source: SourceRecord
    served: ServedRecord
    made_with: dict[str, str]  # versions of the libraries that compiled it
    parity_error: float  # the largest difference from the original; see `inference.agreement`


class Metadata(BaseModel):
    """``metadata.json``: all that serving knows of a model."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    engine: EngineName
    engine_reason: str = ""  # why TensorFlow serves it and not LiteRT
    file: str  # what the engine loads, in the model's folder
    signatures: dict[str, Signature]
    default_signature: str
    # Limits of one request; edit them freely. `add-model` derives them from a measured cost.
    max_batch: int = 1024  # rows
    max_length: int = 1024  # the size of a free dimension other than the rows
    max_values: int = 1_000_000  # of all inputs together
    labels: list[str] = []  # class names, in the order of the output's last dimension
    provenance: Provenance | None = None

    @property
    def limits(self) -> Limits:
        """What one request may send."""
        return Limits(self.max_batch, self.max_length, self.max_values)

    @property
    def signature(self) -> Signature:
        """The one that is meant where none is named."""
        return self.signatures[self.default_signature]


class Model:
    """A model in memory."""

    def __init__(self, metadata: Metadata, engine: Engine) -> None:
        self.metadata = metadata
        self.name = metadata.name
        self._engine = engine

    def predict(self, inputs: Tensors, signature: str | None = None) -> Tensors:
        """Outputs by name. Raises :class:`InvalidInputError` if the inputs do not fit."""
        name = signature or self.metadata.default_signature
        described = self.metadata.signatures.get(name)
        if described is None:
            raise InvalidInputError(
                f"model '{self.name}' has no signature '{name}', "
                f"only {sorted(self.metadata.signatures)}"
            )
        described.check(inputs)
        if described.rows(inputs) == 0:
            return described.empty_outputs()
        return self._engine.run(name, inputs)


def load_model(folder: Path) -> Model:
    """Load one model folder. Raises :class:`BrokenModelError`."""
    metadata = read_metadata(folder)
    return Model(metadata, load_engine(metadata.engine, folder / metadata.file))


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

    ``served`` holds the metadata of each model that can be asked, ``broken`` the reason why
    another cannot. A name is in one of the two. A model that fails to load moves to ``broken``.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.served: dict[str, Metadata] = {}
        self.broken: dict[str, str] = {}
        self._loaded: dict[str, Model] = {}
        self._lock = threading.Lock()
        for folder in sorted(directory.iterdir()) if directory.is_dir() else []:
            if folder.is_dir() and not folder.name.startswith((".", "_")):
                try:
                    self.served[folder.name] = read_metadata(folder)
                except BrokenModelError as error:
                    self.broken[folder.name] = str(error)

    def describe(self, name: str) -> Metadata:
        """A model's metadata, without loading the model.

        Raises :class:`ModelNotFoundError`, or :class:`BrokenModelError` with the reason.
        """
        if name in self.broken:
            raise BrokenModelError(self.broken[name])
        if name not in self.served:
            raise ModelNotFoundError(f"no model named '{name}'")
        return self.served[name]

    def get(self, name: str) -> Model:
        """A model, loaded on first use. Raises what :meth:`describe` raises."""
        with self._lock:
            self.describe(name)
            if name not in self._loaded:
                try:
                    self._loaded[name] = load_model(self.directory / name)
                except BrokenModelError as error:
                    # New dicts, because other threads may be reading the old ones.
                    self.broken = self.broken | {name: str(error)}
                    self.served = {key: self.served[key] for key in self.served if key != name}
                    raise
            return self._loaded[name]
