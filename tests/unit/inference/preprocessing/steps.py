"""Steps from a few words, and arrays of strings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from inference.preprocessing import Step
from inference.preprocessing.step import BaseStep

STEPS: TypeAdapter[Step] = TypeAdapter(Step)
WORDS = ["the", "cat", "é", "the cat"]


def make(layer: str, inputs: int = 1, **options: Any) -> BaseStep:
    """A step of this layer and configuration."""
    names = [f"input {place}" for place in range(inputs)]
    return STEPS.validate_python({"layer": layer, "inputs": names, "output": "y", **options})


def vectorization(mode: str = "int", **options: Any) -> BaseStep:
    """A ``TextVectorization`` with a vocabulary of four words."""
    special = ["", "[UNK]"] if mode == "int" else ["[UNK]"]
    options = {"output_mode": mode, "vocabulary": [*special, *WORDS], **options}
    return make("TextVectorization", **options)


def strings(*rows: Any) -> NDArray[Any]:
    """An array of ``bytes`` objects."""
    return np.array(rows, object)
