"""What the tensors of a model are taken for, by what is known of the model."""

from typing import Any

import numpy as np
import pytest

from inference.inputs.tables import ColumnInput
from inference.inputs.texts import TextInput
from inference.outputs import ClassesOutput, NumberOutput, Output
from inference.signatures import DType, Signature, TensorSpec
from scripts.adding.declaring.proposing import (
    Facts,
    InputFacts,
    OutputFacts,
    activation_of,
    propose_inputs,
    propose_outputs,
)

LABELS = ["cat", "dog", "bird"]
TWO = ["no", "yes"]


def spec(*shape: int, dtype: DType = "float32") -> TensorSpec:
    return TensorSpec(dtype=dtype, shape=(-1, *shape))


def inputs(facts: Facts | None = None, **specs: TensorSpec) -> dict[str, Any]:
    proposals = propose_inputs(Signature(inputs=specs, outputs={}), facts)
    for proposal in proposals:
        proposal.declared.check(specs[proposal.tensor], proposal.tensor)
        assert f"--input {proposal.tensor}=raw" in proposal.sentence
    return {proposal.tensor: proposal.declared for proposal in proposals}


def reads(*layers: str, mask_token: str | int | None = None) -> InputFacts:
    return InputFacts(frozenset(layers), mask_token)


@pytest.mark.parametrize("shape", [(), (1,)])
def test_the_only_input_of_strings_is_a_text(shape: tuple[int, ...]) -> None:
    assert inputs(review=spec(*shape, dtype="string")) == {"review": TextInput()}


def test_strings_that_a_lookup_reads_are_a_column() -> None:
    job = spec(1, dtype="string")
    facts = Facts({"job": reads("StringLookup", mask_token="?")})
    assert inputs(facts, job=job) == {"job": ColumnInput(missing="?")}
    assert inputs(Facts({"job": reads("Hashing")}), job=job) == {"job": ColumnInput()}


def test_values_beside_others_are_columns() -> None:
    facts = Facts({"review": reads("TextVectorization"), "code": reads(mask_token=-1)})
    found = inputs(
        facts,
        review=spec(1, dtype="string"),
        job=spec(1, dtype="string"),
        code=spec(1, dtype="int64"),
        age=spec(),
        image=spec(8, 8, 3),
    )
    assert found == {
        "review": TextInput(),
        "job": ColumnInput(),
        "code": ColumnInput(missing=-1),
        "age": ColumnInput(),
    }


def test_what_nothing_tells_is_not_proposed() -> None:
    assert inputs(x=spec(1)) == {}  # a number is written as it is
    assert inputs(x=spec(4)) == {}  # columns without names
    assert inputs(x=spec(24, 3)) == {}  # a sequence, or a grid
    assert inputs(x=spec(5, dtype="string")) == {}


def outputs(
    shape: tuple[int, ...], labels: list[str], facts: OutputFacts | None, answer: Any = None
) -> Output | None:
    signature = Signature(
        inputs={"x": spec(784)}, outputs={"y": spec(*shape), "text": spec(dtype="string")}
    )
    answers = None if answer is None else {"y": np.asarray(answer, np.float32)}
    known = Facts(outputs={"y": facts} if facts else {})
    proposals = propose_outputs(signature, labels, known, answers)
    if not proposals:
        return None
    (proposal,) = proposals
    fitting = labels if shape in ((len(labels),), (1,), ()) else []
    proposal.declared.check(spec(*shape), "y", fitting)
    assert "--output 'y=" in proposal.sentence
    assert "or --output y=raw" in proposal.sentence
    return proposal.declared


SOFTMAX, SIGMOID, LINEAR = (OutputFacts(name) for name in ("softmax", "sigmoid", "linear"))
BINARY_LOGITS = OutputFacts("linear", "binary_crossentropy", from_logits=True)
LOGITS = OutputFacts("linear", "sparse_categorical_crossentropy", from_logits=True)


@pytest.mark.parametrize(
    ("shape", "labels", "facts", "expected"),
    [
        ((3,), LABELS, SOFTMAX, ClassesOutput()),
        ((3,), [], SOFTMAX, ClassesOutput()),
        ((3,), LABELS, SIGMOID, ClassesOutput(threshold=0.5)),
        ((3,), [], SIGMOID, ClassesOutput(threshold=0.5)),
        ((3,), LABELS, LINEAR, ClassesOutput(activation="softmax")),
        ((3,), [], LOGITS, ClassesOutput(activation="softmax")),
        ((3,), LABELS, BINARY_LOGITS, ClassesOutput(activation="sigmoid", threshold=0.5)),
        ((3,), LABELS, None, ClassesOutput()),
        ((-1,), LABELS, SOFTMAX, ClassesOutput()),
        ((3,), [], LINEAR, None),
        ((3,), [], None, None),
        ((784,), [], SIGMOID, None),  # as many as the input has: a picture again, not classes
        ((1,), TWO, SIGMOID, ClassesOutput()),
        ((), TWO, SIGMOID, ClassesOutput()),
        ((1,), TWO, LINEAR, ClassesOutput(activation="sigmoid")),
        ((1,), TWO, BINARY_LOGITS, ClassesOutput(activation="sigmoid")),
        ((1,), [], LINEAR, NumberOutput()),
        ((), [], OutputFacts("relu"), NumberOutput()),
        ((1,), [], SIGMOID, None),  # the probability of something that has no name
        ((1,), [], BINARY_LOGITS, None),
        ((1,), [], None, None),
        ((8, 8), LABELS, SOFTMAX, None),
    ],
)
def test_outputs_are_taken_for_what_their_end_tells(
    shape: tuple[int, ...], labels: list[str], facts: OutputFacts | None, expected: Output | None
) -> None:
    assert outputs(shape, labels, facts) == expected


@pytest.mark.parametrize(
    ("shape", "labels", "answer", "expected"),
    [
        ((3,), [], [[0.2, 0.3, 0.5]], ClassesOutput()),
        ((3,), LABELS, [[2.5, -1, 0]], ClassesOutput(activation="softmax")),
        ((3,), LABELS, [[0.9, 0.8, 0.1]], ClassesOutput()),
        ((1,), [], [[210.5]], NumberOutput()),
        ((1,), [], [[0.5]], None),
        ((1,), TWO, [[-3]], ClassesOutput(activation="sigmoid")),
    ],
)
def test_answers_tell_what_a_model_without_layers_does_not(
    shape: tuple[int, ...], labels: list[str], answer: Any, expected: Output | None
) -> None:
    assert outputs(shape, labels, None, answer) == expected


def test_what_the_layers_tell_is_believed_before_the_answers() -> None:
    assert outputs((3,), LABELS, SIGMOID, [[0.2, 0.3, 0.5]]) == ClassesOutput(threshold=0.5)


@pytest.mark.parametrize("answer", [[[np.nan, 1]], [[np.inf, 0]], np.empty((0, 3))])
def test_answers_that_are_no_numbers_tell_nothing(answer: Any) -> None:
    assert activation_of(np.asarray(answer, np.float32)) is None
    assert activation_of(np.array([[7, 8]], np.uint8)) is None


def test_labels_belong_to_the_output_of_their_size() -> None:
    signature = Signature(inputs={}, outputs={"kind": spec(3), "price": spec(1)})
    found = propose_outputs(signature, LABELS, Facts(outputs={"kind": LINEAR, "price": LINEAR}))
    assert [each.declared for each in found] == [
        ClassesOutput(activation="softmax"),
        NumberOutput(),
    ]
    assert found[0].sentence == (
        "'kind' is taken for logits of the scores of 3 labels, because it ends without an "
        "activation; to change it: --output 'kind=classes', or --output kind=raw"
    )
