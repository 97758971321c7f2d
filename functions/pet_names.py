"""Pet names from the model: the example's own logic, shared by the functions.

>>> draw_names(count=3, species="cat", seed=7).names
['Phoebe', 'Little Bito', 'Carsles']
"""

import gzip
import re
import secrets
import time
from dataclasses import dataclass
from functools import cache

import numpy as np

from inference.models import Model, served_models

MODEL = "pet_names"
KNOWN_NAMES = "known_names.txt.gz"
_NOISE_BITS = 23  # the sampler's contract: multiples of 2**-23 below 1
_WORD_START = re.compile(r"\b[a-z]")


@dataclass(frozen=True)
class Batch:
    """Names, what repeats them, and what they cost."""

    names: list[str]
    seed: int
    model_milliseconds: float


def draw_names(
    count: int,
    temperature: float = 1.0,
    species: str | None = None,
    prefix: str = "",
    seed: int | None = None,
) -> Batch:
    """Invent ``count`` names in one run of the model.

    Without ``seed`` one is taken from the operating system on every call, never from a generator
    made at import: that one would be copied into each SnapStart snapshot, and all copies would
    draw the same names. ``species`` None mixes dogs and cats as the data does.
    """
    model = served_models().get(MODEL)
    seed = secrets.randbits(53) if seed is None else seed
    inputs = _inputs(model, count, temperature, species, prefix, seed)
    started = time.perf_counter()
    characters = model.predict(inputs, signature="generate")["characters"]
    milliseconds = (time.perf_counter() - started) * 1000
    alphabet: str = "\0" + model.metadata.extra["characters"]
    names = [_spell("".join(alphabet[i] for i in row if i)) for row in characters.tolist()]
    return Batch(names, seed, milliseconds)


@cache
def known_names() -> frozenset[str]:
    """Every name of the data, in lower case; empty for a model that has no such list."""
    file = served_models().directory / MODEL / KNOWN_NAMES
    if not file.exists():
        return frozenset()
    return frozenset(gzip.decompress(file.read_bytes()).decode().splitlines())


def _inputs(
    model: Model, count: int, temperature: float, species: str | None, prefix: str, seed: int
) -> dict[str, np.typing.NDArray[np.float32 | np.int32]]:
    extra = model.metadata.extra
    length: int = extra["max_length"]
    species_stream, noise_stream = np.random.SeedSequence(seed % 2**64).spawn(2)
    noise = np.random.default_rng(noise_stream).integers(
        0, 2**_NOISE_BITS, size=(count, length), dtype=np.int32
    )
    if species is None:
        mix = np.random.default_rng(species_stream).random(count)
        tokens = np.where(
            mix < extra["share_of_dogs"], *(extra["start_tokens"][s] for s in ("dog", "cat"))
        )
    else:
        tokens = np.full(count, extra["start_tokens"][species])
    forced = np.zeros(length, np.int32)
    forced[: len(prefix)] = [extra["characters"].index(c) + 1 for c in prefix.lower()]
    return {
        "species": tokens.astype(np.int32),
        "prefix": forced,
        "temperature": np.array(temperature, np.float32),
        "noise": noise.astype(np.float32) / np.float32(2**_NOISE_BITS),
    }


def _spell(characters: str) -> str:
    """Single spaces, and each word's first letter upper case, as the R project spells names."""
    return _WORD_START.sub(lambda match: match[0].upper(), " ".join(characters.split()))
