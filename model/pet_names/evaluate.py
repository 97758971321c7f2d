"""Print the figures of the served pet-name model as JSON.

The model is tested on licences that were issued after the last training day.

Example: python -m model.pet_names.evaluate
"""

import argparse
import json
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import pandas as pd

from inference.models import Model, load_model
from model.pet_names import FOLDER, vocabulary
from model.pet_names.data import load_licences, share_of_dogs, split_by_date
from model.pet_names.drawing import drawing_inputs
from model.pet_names.minibatches import encode_all, minibatches

_MINIBATCH_SIZE = 256
_DRAWINGS = 10
_NAMES_OF_A_DRAWING = 1_000


class Figures(TypedDict):
    """Cross-entropy is in nats. The shares are of all names drawn at temperature 1."""

    names_tested: int
    nats_per_char: float
    nats_per_name: float
    names_drawn: int
    share_new: float
    share_duplicates: float
    mean_length: float
    mean_length_of_data: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print :func:`figures`."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args(arguments)
    print(json.dumps(figures(), indent=1))


def figures() -> Figures:
    """Score the compiled model, which is the one that is served, and describe what it draws."""
    licences = load_licences()
    fitted, tested = split_by_date(licences)
    model = load_model(FOLDER)
    per_char, per_name = cross_entropy(model, tested)
    drawn = draw_names(model, share_of_dogs(fitted))
    names_of_data = {" ".join(name.split()) for name in licences["name"]}
    return Figures(
        names_tested=len(tested),
        nats_per_char=round(per_char, 4),
        nats_per_name=round(per_name, 3),
        names_drawn=len(drawn),
        share_new=round(float(np.mean([name not in names_of_data for name in drawn])), 4),
        share_duplicates=round(1 - len(set(drawn)) / len(drawn), 4),
        mean_length=round(float(np.mean([len(name) for name in drawn])), 3),
        mean_length_of_data=round(float(tested["name"].str.len().mean()), 3),
    )


def cross_entropy(model: Model, licences: pd.DataFrame) -> tuple[float, float]:
    """Nats per character and nats per name. The stop character counts as a character."""
    nats, characters = 0.0, 0
    for tokens, targets in minibatches(encode_all(licences), _MINIBATCH_SIZE):
        answer = model.predict({"characters": tokens}, signature="next_character")
        chosen = np.take_along_axis(answer["probabilities"], targets[:, :, np.newaxis], axis=2)
        counted = targets != vocabulary.PADDING
        nats -= float(np.log(chosen[:, :, 0][counted], dtype=np.float64).sum())
        characters += int(counted.sum())
    return nats / characters, nats / len(licences)


def draw_names(model: Model, share_of_dogs: float) -> list[str]:
    """Names in lower case with single spaces, always the same ones."""
    names: list[str] = []
    for seed in range(_DRAWINGS):
        inputs = drawing_inputs(np.random.default_rng(seed), _NAMES_OF_A_DRAWING, share_of_dogs)
        rows = model.predict(inputs, signature="generate")["characters"]
        names += [" ".join(vocabulary.decode(row).split()) for row in rows.tolist()]
    return names


if __name__ == "__main__":
    main()
