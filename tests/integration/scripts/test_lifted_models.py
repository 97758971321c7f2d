"""Models of texts and categories through ``add_model``: served by LiteRT, without TensorFlow."""

import json
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference import golden
from inference.agreement import require_agreement
from inference.models import Metadata, read_metadata
from tests.adding import add
from tests.originals import Arrays, Original
from tests.originals.preprocessing_files import GENERATIONS, LIFTED
from tests.originals.topics import TOPICS, sentences, topics
from tests.processes import REPOSITORY

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")

NAMES = [*(f"{name}-{library}" for library in GENERATIONS for name in LIFTED), "topics"]
UNSEEN = (
    "The striker scored twice in the second half",
    "Snow and icy wind until Friday",
    "Add pepper, butter and lemon to the fish",
)
TEXTS = (
    *("the good dog", "THE BAD, BAD CAT!", "Straße & naïve café — 東京", "", "  ", "don't of dog"),
    *(
        "unknown words only",
        "e\u0301 cafe\u0301 İ ǅ",
        "😀 good 👍🏽",
        "the\u00a0good\u3000dog",
        "a" * 999,
    ),
    *("fixed", "normal", "reversible", "Normal", "Paris", *UNSEEN),
)
# What an image without TensorFlow does with the folder.
SERVE = """
import pickle, sys
from pathlib import Path
for heavy in ("tensorflow", "keras", "tf_keras"):
    sys.modules[heavy] = None
from inference.models import ModelFolder
models = ModelFolder(Path(sys.argv[1]), verify="replay")
asked = pickle.loads(sys.stdin.buffer.read())
answers = {name: models.get(name).predict(inputs) for name, inputs in asked.items()}
sys.stdout.buffer.write(pickle.dumps(answers))
"""


@dataclass
class Added:
    """A folder of models, and what they were made from."""

    models: Path
    originals: dict[str, Original]
    inputs: dict[str, Arrays]
    answers: dict[str, Arrays]  # of a process that cannot import TensorFlow

    def metadata(self, name: str) -> Metadata:
        return read_metadata(self.models / name)


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Added:
    root = tmp_path_factory.mktemp("lifted")
    originals = {}
    for name in NAMES:
        kind, _, library = name.partition("-")
        (root / name).mkdir()
        written = (
            LIFTED[kind](GENERATIONS[library], root / name) if library else topics(root / name)
        )
        path, originals[name] = written
        add(root / "models", str(path), name)
    inputs = {name: other_inputs(root / "models" / name) for name in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(root / "models")],
        input=pickle.dumps(inputs),
        capture_output=True,
        env={"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'layers'}"},
    )
    assert done.returncode == 0, done.stderr.decode()
    return Added(root / "models", originals, inputs, pickle.loads(done.stdout))


def other_inputs(folder: Path) -> Arrays:
    """Other values than those that add_model compared on."""
    metadata = read_metadata(folder)
    inputs: Arrays = {}
    for place, (name, spec) in enumerate(metadata.signature.inputs.items()):
        shape = (len(TEXTS), *spec.shape[1:])
        values: Any = np.arange(place, place + np.prod(shape)).reshape(shape)
        if spec.dtype == "string":
            values = np.array([text.encode() for text in TEXTS], object)[values % len(TEXTS)]
        inputs[name] = values if spec.dtype == "string" else values.astype(spec.dtype)
    return inputs


@pytest.mark.parametrize("name", NAMES)
def test_litert_serves_it(added: Added, name: str) -> None:
    metadata = added.metadata(name)
    assert (metadata.engine, metadata.engine_reason) == ("litert", "")
    if name.startswith("lookup_only"):
        assert metadata.preprocessing is None  # LiteRT computes tables of integers itself
        return
    assert metadata.preprocessing
    assert (added.models / name / metadata.preprocessing.file).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_it_answers_as_the_original_where_tensorflow_cannot_be_imported(
    added: Added, name: str
) -> None:
    inputs = added.inputs[name]
    assert require_agreement(added.answers[name], added.originals[name](inputs)) < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_the_originals(added: Added, name: str) -> None:
    signature = added.metadata(name).signature
    assert signature.inputs.keys() == added.inputs[name].keys()
    if name.startswith(("structured", "nested")):
        assert {spec.dtype for spec in signature.inputs.values()} == {"float32", "int64", "string"}
        assert signature.inputs["thal"].shape == (-1, 1)


def test_known_and_unknown_words_are_compared(added: Added) -> None:
    """The golden file holds them, so that each start of a server compares them again."""
    call = golden.unpack(added.models / "text_classifier-keras" / "golden.npz")["serving_default"]
    texts = [bytes(text) for text in call.inputs["text"].ravel()]
    joined = b" ".join(texts).decode()
    assert all(word in joined for word in ("good", "straße", "東京", "don't", "zyzzyva", "😀"))
    assert b"" in texts
    assert any(text.isupper() for text in texts)
    assert max(map(len, texts)) > 1000
    assert (call.outputs["topic"] != call.outputs["topic"][0]).any()


def test_the_example_request_is_a_text(added: Added) -> None:
    (row,) = json.loads((added.models / "topics/example.json").read_text())["instances"]
    assert len(row["text"].split()) > 3


def test_a_trained_classifier_knows_its_topics(added: Added) -> None:
    texts, numbers = sentences()
    assert len(texts) == 60
    scores = added.answers["topics"]["topic"]
    answered = dict(zip(TEXTS, scores.argmax(axis=1), strict=True))
    assert [TOPICS[answered[text]] for text in UNSEEN] == ["sport", "weather", "food"]
    inputs = {"text": np.array([text.encode() for text in texts], object)}
    learned = added.originals["topics"](inputs)["topic"].argmax(axis=1)
    assert (learned == numbers).mean() > 0.95
