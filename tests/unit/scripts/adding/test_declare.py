"""Options come first, then what was declared before, then what is proposed."""

import subprocess
import sys
from typing import Any

import pytest

from inference.inputs.images import ImageInput
from inference.inputs.texts import TextInput
from inference.metadata import Metadata
from inference.outputs import ClassesOutput
from inference.signatures import Signature, TensorSpec
from scripts.adding.declaring.declare import Proposal, declare_inputs, declare_outputs, read_options
from scripts.adding.declaring.proposals import Facts, propose_inputs, propose_outputs
from scripts.adding.given import SourceError
from tests.processes import REPOSITORY

PHOTO = TensorSpec(dtype="float32", shape=(-1, 32, 32, 3))
SCORES = TensorSpec(dtype="float32", shape=(-1, 3))
SIGNATURE = Signature(inputs={"photo": PHOTO}, outputs={"scores": SCORES})
PROPOSED = ImageInput(height=32, width=32, scale="0..1")
PROPOSALS = {"photo": Proposal(PROPOSED, "'photo' is taken for a picture")}


def previous(**declared: Any) -> Metadata:
    return Metadata.model_validate(
        {
            "name": "pets",
            "version": 1,
            "engine": "litert",
            "file": "model.tflite",
            "signatures": {"serving_default": SIGNATURE},
            "default_signature": "serving_default",
            **declared,
        }
    )


def inputs(*options: str, before: Metadata | None = None) -> tuple[dict[str, Any], list[str]]:
    found = declare_inputs(read_options(options, []), SIGNATURE, before, PROPOSALS)
    return dict(found.by_tensor), list(found.sentences)


def test_a_proposal_is_taken_and_said() -> None:
    assert inputs() == ({"photo": PROPOSED}, ["'photo' is taken for a picture"])


def test_an_option_changes_a_field_of_the_proposal() -> None:
    declared = ImageInput(height=32, width=32, scale="caffe")
    assert inputs("photo=image(scale=caffe)") == ({"photo": declared}, [])


def test_an_option_takes_the_proposal_back() -> None:
    assert inputs("photo=raw") == ({}, [])


def test_what_somebody_edited_is_kept() -> None:
    edited = PROPOSED.model_copy(update={"fit": "crop"})
    assert inputs(before=previous(inputs={"photo": edited})) == ({"photo": edited}, [])
    option = "photo=image(fit=pad)"
    declared, _ = inputs(option, before=previous(inputs={"photo": edited}))
    assert declared["photo"].fit == "pad"
    # A version without any declaration says nothing about them.
    assert inputs(before=previous())[0] == {"photo": PROPOSED}


def test_what_was_declared_of_another_tensor_is_dropped() -> None:
    other = SIGNATURE.model_copy(
        update={"inputs": {"photo": TensorSpec(dtype="float32", shape=(-1, 64, 64, 3))}}
    )
    before = previous(inputs={"photo": PROPOSED})
    found = declare_inputs(read_options([], []), other, before, {})
    assert dict(found.by_tensor) == {}


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("picture=image", "'picture=…': the model has no tensor of that name, only photo"),
        ("photo=text", "'photo=…': input 'photo' cannot be text"),
        ("photo=image(height=10, width=10)", "does not fit the tensor"),
        ("photo=image(colour=rgb)", "has no field 'colour'"),
        ("photo=painting", "found the kind 'painting'"),
        ("photo", "NAME=KIND"),
    ],
)
def test_an_option_that_does_not_fit_is_refused(option: str, problem: str) -> None:
    with pytest.raises(SourceError) as caught:
        inputs(option)
    assert problem in str(caught.value)
    assert str(caught.value).startswith("--input ")


def test_outputs_are_checked_with_the_labels() -> None:
    given = read_options([], ["scores=classes(activation=softmax)"])
    found = declare_outputs(given, SIGNATURE, ["a", "b", "c"], None, {})
    assert dict(found.by_tensor) == {"scores": ClassesOutput(activation="softmax")}
    with pytest.raises(SourceError, match="2 labels"):
        declare_outputs(given, SIGNATURE, ["a", "b"], None, {})


def test_a_model_of_which_nothing_is_known_gets_proposals_by_its_tensors() -> None:
    text = TensorSpec(dtype="string", shape=(-1,))
    signature = Signature(inputs={"photo": PHOTO, "note": text}, outputs={"scores": SCORES})
    proposed = propose_inputs(signature, Facts())
    assert proposed["photo"].declared.model_dump()["scale"] == "0..1"
    alone = Signature(inputs={"note": text}, outputs={"scores": SCORES})
    assert propose_inputs(alone, Facts())["note"].declared == TextInput()
    assert propose_outputs(alone, [], Facts(), {}) == {}


def test_the_command_reads_its_options_without_tensorflow() -> None:
    """It takes seconds to import, and prints to the terminal."""
    script = (
        "import sys; import scripts.add_model; "
        "sys.exit(bool({'tensorflow', 'keras', 'tf_keras'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True)
