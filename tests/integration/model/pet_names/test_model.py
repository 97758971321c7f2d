"""The committed model against the data and against Keras."""

import hashlib
import json
from dataclasses import asdict

import keras
import numpy as np
import pandas as pd
import pytest

from inference.agreement import tolerance
from inference.errors import DisagreementError
from inference.models import Model, load_model, read_metadata
from model.pet_names import FOLDER, vocabulary
from model.pet_names.data import (
    LAST_TRAINING_DAY,
    load_licences,
    share_of_dogs,
    split_by_date,
)
from model.pet_names.drawing import DRAWING, describe_drawing
from model.pet_names.evaluate import cross_entropy, draw_names
from model.pet_names.export import KERAS_FILE, LITERT_FILE, compare
from model.pet_names.minibatches import encode_all, pad


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(FOLDER)


@pytest.fixture(scope="module")
def tested() -> pd.DataFrame:
    licences: pd.DataFrame = split_by_date(load_licences())[1]
    return licences


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
    def preference_for_cats(share_of_dogs: float) -> float:
        drawn = draw_names(model, share_of_dogs)
        nats = [
            cross_entropy(model, pd.DataFrame({"name": drawn, "species": species}))[1]
            for species in ("dog", "cat")
        ]
        preference: float = nats[0] - nats[1]
        return preference

    dogs, mixed, cats = (preference_for_cats(share) for share in (1, 0.66, 0))
    assert dogs < 0 < cats
    assert dogs < mixed < cats


def test_decoding_is_the_inverse_of_encoding() -> None:
    for name in ("rex", "mr. t", "anne-marie"):
        _, *characters, stop = vocabulary.encode(name, "dog")
        assert stop == vocabulary.STOP
        assert vocabulary.decode(characters) == name


def test_the_drawing_file_is_what_the_data_and_the_vocabulary_say() -> None:
    fitted, _ = split_by_date(load_licences())
    described = describe_drawing(share_of_dogs(fitted))
    assert json.loads((FOLDER / DRAWING).read_text()) == asdict(described)


def test_the_compiled_model_is_made_from_the_committed_one() -> None:
    provenance = read_metadata(FOLDER).provenance
    assert provenance is not None
    source, served = provenance.source, provenance.served
    assert source.file == KERAS_FILE
    assert source.producer.keys() == {"keras"}
    original, compiled = ((FOLDER / name).read_bytes() for name in (KERAS_FILE, LITERT_FILE))
    assert (source.sha256, source.bytes) == (hashlib.sha256(original).hexdigest(), len(original))
    assert (served.sha256, served.bytes) == (hashlib.sha256(compiled).hexdigest(), len(compiled))


def test_keras_and_the_compiled_model_agree() -> None:
    network = keras.saving.load_model(FOLDER / KERAS_FILE, compile=False)
    _, difference = compare(network, (FOLDER / LITERT_FILE).read_bytes())
    assert 0 < difference <= tolerance(np.dtype("float32"))


def test_a_compiled_model_that_differs_is_refused() -> None:
    network = keras.saving.load_model(FOLDER / KERAS_FILE, compile=False)
    network.get_layer("logits").bias.assign_add(np.linspace(0, 0.01, vocabulary.OUTPUTS))
    with pytest.raises(DisagreementError, match="probabilities differs by"):
        compare(network, (FOLDER / LITERT_FILE).read_bytes())
