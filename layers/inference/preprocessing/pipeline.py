"""``preprocessing.json``: the steps that run before the engine, as a file beside the model."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference.digests import require_digest
from inference.digests import sha256 as digest
from inference.errors import BrokenModelError
from inference.files import read_file, shown
from inference.preprocessing.hashed import HashedCrossing, Hashing
from inference.preprocessing.lookups import IntegerLookup, StringLookup
from inference.preprocessing.numeric import (
    CategoryEncoding,
    Discretization,
    Normalization,
    Rescaling,
)
from inference.preprocessing.shaping import (
    Cast,
    Columns,
    Concatenate,
    ExpandDims,
    Flatten,
    Identity,
    Reshape,
    Squeeze,
)
from inference.preprocessing.text_vectorization import TextVectorization
from inference.signatures import Tensors

MOST_BYTES = 100_000_000  # of the file: a vocabulary of millions of words
Step = Annotated[
    TextVectorization
    | StringLookup
    | IntegerLookup
    | CategoryEncoding
    | Hashing
    | HashedCrossing
    | Discretization
    | Normalization
    | Rescaling
    | Reshape
    | Flatten
    | Squeeze
    | ExpandDims
    | Concatenate
    | Cast
    | Columns
    | Identity,
    Field(discriminator="layer"),
]


class Preprocessing(BaseModel):
    """The steps in their order, and which tensor each input of the engine takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: list[Step]
    feeds: dict[str, str]  # the engine's input -> a tensor: a step's output, or a raw input

    def run(self, tensors: Tensors) -> Tensors:
        """The engine's inputs, from the inputs of the original model."""
        known = dict(tensors)
        for step in self.steps:
            known[step.output] = step.compute(*[known[name] for name in step.inputs])
        return {name: known[tensor] for name, tensor in self.feeds.items()}


def write_preprocessing(preprocessing: Preprocessing, file: Path) -> str:
    """Write the file. The answer is its SHA-256."""
    content = preprocessing.model_dump_json().encode()
    file.write_bytes(content)
    return digest(content)


def read_preprocessing(file: Path, sha256: str | None = None) -> Preprocessing:
    """Read the file. Raises :class:`BrokenModelError`, also for another digest than this."""
    content = read_file(file, MOST_BYTES)
    if sha256 is not None:
        require_digest(file.name, digest(content), sha256)
    try:
        return Preprocessing.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(ascii(part).strip("'")[:60] for part in first["loc"])
        raise BrokenModelError(f"{shown(file)}, {place}: {first['msg'][:300]}") from error
