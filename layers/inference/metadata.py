"""``metadata.json``: what a model's folder says of the model, typed and checked."""

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from inference.engines import EngineName
from inference.errors import BrokenModelError
from inference.files import read_file, shown
from inference.inputs import Input
from inference.inputs.images import ImageInput
from inference.limits import Limits
from inference.outputs import ClassesOutput, Output, main_output, with_labels
from inference.signatures import Signature, TensorSpec

METADATA = "metadata.json"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")  # of a model, because it is part of addresses
_MOST_BYTES = 10_000_000  # of the file; 100,000 labels take a fifth
_BINARY = 2  # labels of an output that is one probability
_MOST_DIMENSIONS = 32
_MOST_VALUES = 2**31 - 1  # of the fixed dimensions of a tensor: LiteRT counts with 32 bits


def _inside(file: str) -> str:
    if file in ("", ".", "..") or not set(file).isdisjoint("/\\\0"):
        raise ValueError("must be the name of a file or folder that lies beside metadata.json")
    return file


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


class PreprocessingRecord(BaseModel):
    """The file of what runs before the engine, such as a text's vocabulary."""

    model_config = ConfigDict(frozen=True)

    file: Annotated[str, AfterValidator(_inside)]  # in the model's folder
    sha256: str


class Provenance(BaseModel):
    """How a model came into its folder."""

    model_config = ConfigDict(frozen=True)

    source: SourceRecord
    served: ServedRecord
    made_with: dict[str, str]  # versions of the libraries that compiled it
    # The limits that were measured; one in `Metadata` that differs was edited, and is kept.
    derived_limits: dict[str, int] = {}
    parity_error: float  # the largest difference from the original; see `inference.agreement`


class Metadata(BaseModel):
    """``metadata.json``: all that serving knows of a model."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: int = Field(ge=0)
    engine: EngineName
    engine_reason: str = ""  # why TensorFlow serves it and not LiteRT
    file: Annotated[str, AfterValidator(_inside)]  # what the engine loads, in the model's folder
    # What runs before the engine; the signatures are those of the model before it was lifted out.
    preprocessing: PreprocessingRecord | None = None
    signatures: dict[str, Signature]
    default_signature: str
    # Limits of one request; edit them freely. `add-model` derives them from a measured cost.
    max_batch: int = Field(default=1024, gt=0)  # rows
    max_length: int = Field(default=1024, gt=0)  # a free dimension other than the rows
    max_values: int = Field(default=1_000_000, gt=0)  # of all inputs together
    # Whether it was added with `--allow-code`: its program may do more than compute.
    allow_code: bool = False
    labels: list[str] = []  # class names, in the order of the output's last dimension
    # How a person's value becomes a tensor, and what a tensor means to a person; of the default
    # signature. A tensor that is not here is sent, or answered, as numbers alone.
    inputs: dict[str, Input] = {}
    outputs: dict[str, Output] = {}
    provenance: Provenance | None = None

    @property
    def limits(self) -> Limits:
        """What one request may send."""
        return Limits(self.max_batch, self.max_length, self.max_values)

    @property
    def signature(self) -> Signature:
        """The one that is meant where none is named."""
        return self.signatures[self.default_signature]

    @property
    def images(self) -> list[str]:
        """The inputs that take pictures."""
        return [name for name, given in self.inputs.items() if isinstance(given, ImageInput)]

    @property
    def has_classes(self) -> bool:
        """Whether a prediction is one class of several."""
        shapes = {name: spec.shape[1:] for name, spec in self.signature.outputs.items()}
        meant = with_labels(shapes, self.outputs, self.labels)
        main = main_output(list(shapes), meant)
        return main is not None and isinstance(meant.get(main), ClassesOutput)

    @property
    def served_sha256(self) -> str | None:
        """The digest of what the engine loads. None where nobody recorded it."""
        return self.provenance.served.sha256 if self.provenance else None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.default_signature not in self.signatures:
            raise ValueError("default_signature is none of the signatures")
        for signature in self.signatures.values():
            for spec in (*signature.inputs.values(), *signature.outputs.values()):
                _require_possible(spec)
        _require_known("inputs", self.inputs, self.signature.inputs)
        _require_known("outputs", self.outputs, self.signature.outputs)
        for name, declared in self.inputs.items():
            declared.check(self.signature.inputs[name], name)
        for name, meant in self.outputs.items():
            meant.check(self.signature.outputs[name], name, self.labels)
        count = len(self.labels)
        rows = [spec.shape[1:] for spec in self.signature.outputs.values()]
        is_binary = count == _BINARY and bool(self.outputs)
        if count and (count,) not in rows and (-1,) not in rows and not is_binary:
            raise ValueError(
                f"there are {count} labels, but no output of {self.default_signature} "
                f"has {count} values in a row"
            )
        return self


def _require_known(kind: str, declared: Iterable[str], known: Iterable[str]) -> None:
    """Raise ``ValueError`` for a declaration of no tensor."""
    if unknown := sorted(set(declared) - set(known)):
        raise ValueError(
            f"{kind} declares '{unknown[0]:.60}', but the default signature has {sorted(known)}"
        )


def _require_possible(spec: TensorSpec) -> None:
    """Raise ``ValueError`` for a shape that no array can have."""
    if len(spec.shape) > _MOST_DIMENSIONS:
        raise ValueError(f"a tensor has {len(spec.shape)} dimensions, {_MOST_DIMENSIONS} at most")
    if min(spec.shape, default=0) < -1:
        raise ValueError("a dimension is less than -1, which means any size")
    if math.prod(size for size in spec.shape if size > 0) > _MOST_VALUES:
        raise ValueError(f"a tensor has more than {_MOST_VALUES} values")


def read_metadata(folder: Path) -> Metadata:
    """What a model folder says of itself. Raises :class:`BrokenModelError`."""
    name = shown(folder)
    if not NAME.fullmatch(folder.name):
        raise BrokenModelError(
            f"{name}: the folder's name cannot be part of an address: expected up to 64 letters, "
            "digits, '_', '-' and '.', of which the first is a letter; rename the folder"
        )
    try:
        content = read_file(folder / METADATA, _MOST_BYTES)
    except BrokenModelError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise BrokenModelError(f"{name}: has no {METADATA}") from error
        raise BrokenModelError(f"{name}: {error}") from error
    try:
        metadata = Metadata.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(ascii(part).strip("'")[:60] for part in first["loc"])
        raise BrokenModelError(f"{name}: {METADATA}, {place}: {first['msg']}") from error
    if metadata.name != folder.name:
        raise BrokenModelError(
            f"{name}: {METADATA} is of a model named {ascii(metadata.name)[:70]}"
        )
    if not (folder / metadata.file).exists():
        raise BrokenModelError(f"{name}: {metadata.file} is missing")
    return metadata
