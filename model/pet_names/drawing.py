"""Drawing names with the compiled model's signature ``generate``.

:class:`Drawing` is what the endpoint must know to draw names. ``export`` writes it into
``drawing.json``. :func:`drawing_inputs` makes the inputs of one drawing, for checks and figures.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.pet_names import vocabulary

DRAWING = "drawing.json"
_NOISE_STEPS = 2**23  # the sampler takes multiples of 2**-23 below 1


@dataclass(frozen=True)
class Drawing:
    """The fields of ``drawing.json``."""

    characters: str  # the character with id 1, then the one with id 2, and so on
    max_length: int  # characters of the longest name
    start_tokens: dict[str, int]  # by species
    share_of_dogs: float  # of the names that are drawn without a species


def describe_drawing(share_of_dogs: float) -> Drawing:
    """How to draw names with this vocabulary."""
    return Drawing(
        characters=vocabulary.CHARACTERS,
        max_length=vocabulary.MAX_LENGTH,
        start_tokens={name: vocabulary.start_token(name) for name in vocabulary.SPECIES},
        share_of_dogs=share_of_dogs,
    )


def drawing_inputs(
    random: np.random.Generator, names: int, share_of_dogs: float = 0.5
) -> dict[str, NDArray[Any]]:
    """Inputs of ``generate``: random species and noise, no prefix, temperature 1."""
    species = np.where(
        random.random(names) < share_of_dogs,
        vocabulary.start_token("dog"),
        vocabulary.start_token("cat"),
    )
    noise = random.integers(0, _NOISE_STEPS, (names, vocabulary.MAX_LENGTH)) / _NOISE_STEPS
    return {
        "species": species.astype(np.int32),
        "prefix": np.zeros(vocabulary.MAX_LENGTH, np.int32),
        "temperature": np.array(1.0, np.float32),
        "noise": noise.astype(np.float32),
    }
