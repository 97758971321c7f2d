"""The committed model against the data and against Keras."""

import json

import keras
import numpy as np
import pandas as pd
import pytest

from functions.pet_names import draw_names
from inference.models import METADATA, Model, load_model
from model.pet_names import FOLDER, vocabulary
from model.pet_names.batches import encode_all, pad
from model.pet_names.data import LAST_TRAINING_DAY, load_licences, split_by_date
from scripts.compiling.package import sha256
from scripts.compiling.parity import MAX_DIFFERENCE, ParityError
from scripts.evaluate import cross_entropy
from scripts.export import KERAS_FILE, LITERT_FILE, compare


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(FOLDER)


@pytest.fixture(scope="module")
def tested() -> pd.DataFrame:
    return split_by_date(load_licences())[1]


def test_the_split_is_the_references(tested: pd.DataFrame) -> None:
    early, late = split_by_date(load_licences())
    assert len(late) == 27_927
    assert len(early) == 23_759
    assert early["issued"].max() <= pd.Timestamp(LAST_TRAINING_DAY) < late["issued"].min()
    assert tested["name"].str.fullmatch(r"[a-z .\-]+").all()


def test_the_model_beats_the_r_projects_on_later_licences(
    model: Model, tested: pd.DataFrame
) -> None:
    per_char, per_name = cross_entropy(model, tested)
    assert per_char <= 1.68
    assert per_name <= 11.35
    # The card shows these figures.
    card = (FOLDER / "card.md").read_text()
    assert f"| {round(per_char, 4)} |" in card
    assert f"| {round(per_name, 3)} |" in card


def test_the_measure_is_right_on_names_worked_out_by_hand(model: Model) -> None:
    names = pd.DataFrame({"name": ["rex", "mr. t"], "species": ["dog", "cat"]})
    nats, characters = 0.0, 0
    for tokens in encode_all(names):
        answer = model.predict({"characters": pad([tokens[:-1]])}, signature="next_character")
        for probabilities, target in zip(answer["probabilities"][0], tokens[1:], strict=True):
            assert probabilities.sum() == pytest.approx(1, abs=1e-5)
            nats -= np.log(probabilities[target])
            characters += 1
    assert characters == len("rex+") + len("mr. t+")
    assert cross_entropy(model, names) == pytest.approx((nats / characters, nats / 2), abs=1e-6)


def test_species_draws_names_that_fit_the_species(model: Model) -> None:
    def preference_for_cats(species: str | None) -> float:
        drawn = [name.lower() for name in draw_names(1000, species=species, seed=1).names]
        nats = [
            cross_entropy(model, pd.DataFrame({"name": drawn, "species": kind}))[1]
            for kind in ("dog", "cat")
        ]
        return nats[0] - nats[1]

    dogs, mixed, cats = (preference_for_cats(species) for species in ("dog", None, "cat"))
    assert dogs < 0 < cats
    assert dogs < mixed < cats


def test_the_compiled_model_is_made_from_the_committed_one() -> None:
    recorded = json.loads((FOLDER / METADATA).read_text())["provenance"]["sha256"]
    for name in (KERAS_FILE, LITERT_FILE):
        assert recorded[name] == sha256((FOLDER / name).read_bytes())


def test_keras_and_the_compiled_model_agree() -> None:
    network = keras.saving.load_model(FOLDER / KERAS_FILE, compile=False)
    _, difference = compare(network, (FOLDER / LITERT_FILE).read_bytes())
    assert difference <= MAX_DIFFERENCE


def test_the_gate_refuses_a_model_that_differs() -> None:
    network = keras.saving.load_model(FOLDER / KERAS_FILE, compile=False)
    network.get_layer("logits").bias.assign_add(np.linspace(0, 0.01, vocabulary.OUTPUTS))
    with pytest.raises(ParityError, match="differ by"):
        compare(network, (FOLDER / LITERT_FILE).read_bytes())
