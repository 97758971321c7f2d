"""Pet names from the model: a query to the model's inputs, its outputs to names.

Edit this file to change what happens before and after the model.
"""

import gzip
import json
import re
import secrets
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from functions.endpoints.pet_names.query import NamesQuery
from inference.errors import BrokenModelError
from inference.models import ModelFolder

MODEL = "pet_names"
_SIGNATURE = "generate"
_INPUTS = {"species", "prefix", "temperature", "noise"}
_ALPHABET = "drawing.json"
_KNOWN_NAMES = "known_names.txt.gz"
_NOISE_BITS = 23  # the sampler's contract: multiples of 2**-23 below 1
_WORD_START = re.compile(r"\b[a-z]")


class Alphabet(BaseModel):
    """``drawing.json``, which the export writes beside the model."""

    characters: str  # the character of id 1, of id 2, …
    max_length: int  # characters of a name
    start_tokens: dict[str, int]  # by species
    share_of_dogs: float  # among dogs and cats together


@dataclass(frozen=True)
class Drawing:
    """Names, the seed that draws them again, and the time that the model took."""

    names: list[str]
    seed: int
    model_milliseconds: float


def fits(models: ModelFolder) -> bool:
    """Whether this is the example's model, and not another one that was given its name.

    Nobody knows of a broken one.
    """
    if MODEL in models.broken:
        return True
    signature = models.describe(MODEL).signatures.get(_SIGNATURE)
    return signature is not None and signature.inputs.keys() == _INPUTS


def draw_names(models: ModelFolder, query: NamesQuery) -> Drawing:
    """Invent names in one run of the model.

    Without a seed in the query, one is taken from the operating system on every call. A generator
    made at import would be copied into each SnapStart snapshot, and all copies would draw the same
    names. Without a species, dogs and cats are mixed as in the data.

    Raises :class:`inference.errors.BrokenModelError`.
    """
    model = models.get(MODEL)
    alphabet = _read_alphabet(models.directory / MODEL)
    seed = secrets.randbits(53) if query.seed is None else query.seed
    inputs = _inputs(alphabet, query, seed)
    started = time.perf_counter()
    characters = model.predict(inputs, signature=_SIGNATURE)["characters"]
    milliseconds = (time.perf_counter() - started) * 1000
    letters = "\0" + alphabet.characters
    names = [_spell("".join(letters[i] for i in row if i)) for row in characters.tolist()]
    return Drawing(names, seed, milliseconds)


@cache
def known_names(directory: Path) -> frozenset[str]:
    """Every name of the data, in lower case. Empty for a model that has no such list."""
    file = directory / MODEL / _KNOWN_NAMES
    if not file.exists():
        return frozenset()
    return frozenset(gzip.decompress(file.read_bytes()).decode().splitlines())


@cache
def _read_alphabet(folder: Path) -> Alphabet:
    try:
        return Alphabet.model_validate(json.loads((folder / _ALPHABET).read_bytes()))
    except (OSError, ValueError) as error:
        raise BrokenModelError(
            f"{folder.name}: {_ALPHABET} is missing or damaged; `make export` writes it"
        ) from error


def _inputs(alphabet: Alphabet, query: NamesQuery, seed: int) -> dict[str, NDArray[np.generic]]:
    count, length = query.count, alphabet.max_length
    species_stream, noise_stream = np.random.SeedSequence(seed % 2**64).spawn(2)
    noise = np.random.default_rng(noise_stream).integers(
        0, 2**_NOISE_BITS, size=(count, length), dtype=np.int32
    )
    dog, cat = (alphabet.start_tokens[species] for species in ("dog", "cat"))
    if query.species is None:
        mix = np.random.default_rng(species_stream).random(count)
        tokens = np.where(mix < alphabet.share_of_dogs, dog, cat)
    else:
        tokens = np.full(count, alphabet.start_tokens[query.species])
    prefix = np.zeros(length, np.int32)
    prefix[: len(query.prefix)] = [alphabet.characters.index(c) + 1 for c in query.prefix.lower()]
    return {
        "species": tokens.astype(np.int32),  # (count,)
        "prefix": prefix,  # (length,)
        "temperature": np.array(query.temperature, np.float32),
        "noise": noise.astype(np.float32) / np.float32(2**_NOISE_BITS),  # (count, length)
    }


def _spell(characters: str) -> str:
    """Single spaces, and each word's first letter upper case, as the R project spells names."""
    return _WORD_START.sub(lambda match: match[0].upper(), " ".join(characters.split()))
