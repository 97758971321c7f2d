"""Print the served pet-name model's test figures as JSON.

The test names are on licences issued after the last training day; the stop character counts.

Example: python -m scripts.evaluate
"""

import argparse
import json
from typing import TypedDict

import numpy as np
import pandas as pd

from functions.pet_names import draw_names
from inference.models import Model, load_model
from model.pet_names import FOLDER, vocabulary
from model.pet_names.batches import deal, encode_all
from model.pet_names.data import load_licences, split_by_date

_BATCH_SIZE = 256
_NAMES_DRAWN = 10_000
_NAMES_PER_DRAW = 1_000


class Figures(TypedDict):
    """Cross-entropy is in nats; shares are of all names drawn at temperature 1."""

    names_tested: int
    nats_per_char: float
    nats_per_name: float
    names_drawn: int
    share_new: float
    share_duplicates: float
    mean_length: float
    mean_length_of_data: float


def main() -> None:
    """Print :func:`figures`."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    print(json.dumps(figures(), indent=1))


def figures() -> Figures:
    """Score the compiled model, the one that is served, and look at what it draws."""
    licences = load_licences()
    _, tested = split_by_date(licences)
    per_char, per_name = cross_entropy(load_model(FOLDER), tested)
    seeds = range(_NAMES_DRAWN // _NAMES_PER_DRAW)
    drawn = [name for seed in seeds for name in draw_names(_NAMES_PER_DRAW, seed=seed).names]
    known = {" ".join(name.split()) for name in licences["name"]}
    return Figures(
        names_tested=len(tested),
        nats_per_char=round(per_char, 4),
        nats_per_name=round(per_name, 3),
        names_drawn=len(drawn),
        share_new=round(float(np.mean([name.lower() not in known for name in drawn])), 4),
        share_duplicates=round(1 - len(set(drawn)) / len(drawn), 4),
        mean_length=round(float(np.mean([len(name) for name in drawn])), 3),
        mean_length_of_data=round(float(tested["name"].str.len().mean()), 3),
    )


def cross_entropy(model: Model, licences: pd.DataFrame) -> tuple[float, float]:
    """Nats per character, stop character counted, and per name."""
    nats, characters = 0.0, 0
    for tokens, targets in deal(encode_all(licences), _BATCH_SIZE):
        answer = model.predict({"characters": tokens}, signature="next_character")
        chosen = np.take_along_axis(answer["probabilities"], targets[:, :, np.newaxis], axis=2)
        counted = targets != vocabulary.PADDING
        nats -= float(np.log(chosen[:, :, 0][counted], dtype=np.float64).sum())
        characters += int(counted.sum())
    return nats / characters, nats / len(licences)


if __name__ == "__main__":
    main()
