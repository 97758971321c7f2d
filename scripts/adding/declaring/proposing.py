"""What inputs and outputs are taken for: texts, columns, classes, numbers.

A table needs the names of its columns and a sequence its length, which no model tells. So they are
never proposed. Every proposal comes with a sentence that says why, and how to change it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.inputs.cells import is_scalar_row
from inference.inputs.tables import ColumnInput
from inference.inputs.texts import TextInput
from inference.outputs import ClassesOutput, NumberOutput
from inference.signatures import Signature, Tensors, TensorSpec

_TWO = 2  # labels of one score
_TOLERANCE = 1e-3  # of a sum of float16 probabilities
_MATRIX = 2  # dimensions of rows and classes


@dataclass(frozen=True)
class InputFacts:
    """What a Keras model does with an input first."""

    layers: frozenset[str] = frozenset()  # the classes of the layers that read it
    mask_token: str | int | None = None  # what a StringLookup or IntegerLookup takes as missing


@dataclass(frozen=True)
class OutputFacts:
    """How a Keras model computes an output."""

    activation: str | None = None  # the last one, as Keras names it; None: unknown
    loss: str | None = None  # that it was trained with, such as `binary_crossentropy`
    from_logits: bool = False  # whether the loss expects logits


@dataclass(frozen=True)
class Facts:
    """By the names of the default signature's tensors. Of other models, nothing is known."""

    inputs: Mapping[str, InputFacts] = field(default_factory=dict)
    outputs: Mapping[str, OutputFacts] = field(default_factory=dict)


class InputProposal(NamedTuple):
    """A declaration, and what to tell of it."""

    tensor: str
    declared: TextInput | ColumnInput
    sentence: str


class OutputProposal(NamedTuple):
    """A declaration, and what to tell of it."""

    tensor: str
    declared: ClassesOutput | NumberOutput
    sentence: str


def propose_inputs(signature: Signature, facts: Facts | None = None) -> list[InputProposal]:
    """Texts, and the columns of a model with several inputs.

    >>> spec = TensorSpec(dtype="string", shape=(-1,))
    >>> print(propose_inputs(Signature(inputs={"review": spec}, outputs={}))[0].sentence)
    'review' is taken for a text, because it is the only input and takes strings; to change it: \
--input review=column, or --input review=raw
    """
    known = facts or Facts()
    alone = len(signature.inputs) == 1
    proposals = []
    for name, spec in signature.inputs.items():
        found = None
        if is_scalar_row(spec):
            found = _input(spec, known.inputs.get(name, InputFacts()), alone=alone)
        if found:
            declared, reason = found
            proposals.append(InputProposal(name, declared, _told(name, spec, declared, reason)))
    return proposals


def _told(name: str, spec: TensorSpec, declared: TextInput | ColumnInput, reason: str) -> str:
    kind, other = "a text", f"{name}=column"
    if isinstance(declared, ColumnInput):
        kind = "a column"
        if declared.missing is not None:
            kind += f", in which {declared.missing!r} stands for no value"
        other = f"{name}=text" if spec.dtype == "string" else f"'{name}=column(categories=a|b|c)'"
    return (
        f"'{name}' is taken for {kind}, because {reason}; "
        f"to change it: --input {other}, or --input {name}=raw"
    )


def _input(
    spec: TensorSpec, facts: InputFacts, *, alone: bool
) -> tuple[TextInput | ColumnInput, str] | None:
    if spec.dtype == "string":
        if "TextVectorization" in facts.layers:
            return TextInput(), "a TextVectorization reads it"
        for lookup in ("StringLookup", "Hashing"):
            if lookup in facts.layers:
                return ColumnInput(missing=facts.mask_token), f"a {lookup} reads it"
        if alone:
            return TextInput(), "it is the only input and takes strings"
    if alone:
        return None  # a number is written as it is
    missing = facts.mask_token if spec.dtype != "string" else None
    return ColumnInput(missing=missing), "it has one value in a row, beside other inputs"


def propose_outputs(
    signature: Signature,
    labels: Sequence[str] = (),
    facts: Facts | None = None,
    answers: Tensors | None = None,
) -> list[OutputProposal]:
    """Classes and numbers. ``answers`` of the model tell what its layers do not.

    >>> spec = TensorSpec(dtype="float32", shape=(-1, 1))
    >>> print(propose_outputs(Signature(inputs={}, outputs={"price": spec}), answers={
    ...     "price": np.array([[210.5]], np.float32)})[0].sentence)
    'price' is taken for a number, because it has one value in a row, which is no probability; to \
change it: --output 'price=number(unit=EUR)', or --output price=raw
    """
    known = facts or Facts()
    sizes = {spec.shape[1:] for spec in signature.inputs.values()}
    proposals = []
    for name, spec in signature.outputs.items():
        if spec.numpy_dtype.kind not in "iuf" or spec.shape[:1] != (-1,):
            continue
        if len(spec.shape) > _MATRIX:
            continue
        output = known.outputs.get(name, OutputFacts())
        if output.activation is None and answers is not None and name in answers:
            output = replace(output, activation=activation_of(answers[name]))
        size = spec.shape[1] if len(spec.shape) == _MATRIX else 1
        found = (
            _one_unit(output, labels)
            if size == 1
            else _units(output, len(labels) if size in (-1, len(labels)) else 0, spec, sizes)
        )
        if found:
            declared, meaning, change = found
            proposals.append(
                OutputProposal(
                    name,
                    declared,
                    f"'{name}' is taken for {meaning}; to change it: --output '{name}={change}', "
                    f"or --output {name}=raw",
                )
            )
    return proposals


_Found = tuple[ClassesOutput | NumberOutput, str, str]  # a declaration, its reason, another one
_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")


def _one_unit(output: OutputFacts, labels: Sequence[str]) -> _Found | None:
    is_logit = output.activation == "linear" and output.from_logits and output.loss in _BINARY
    if len(labels) == _TWO:
        second = f"the score of '{labels[1]}', the second of two labels"
        if output.activation == "linear":
            reason = "its loss takes logits" if is_logit else "it ends without an activation"
            declared = ClassesOutput(activation="sigmoid")
            return declared, f"a logit of {second}, because {reason}", "classes"
        return ClassesOutput(), f"{second}, because it has one value", "classes(activation=sigmoid)"
    if output.activation in (None, "sigmoid", "softmax") or is_logit:
        return None  # the probability of something that only labels can name
    meaning = "a number, because it has one value in a row, which is no probability"
    return NumberOutput(), meaning, "number(unit=EUR)"


def _units(
    output: OutputFacts, labels: int, spec: TensorSpec, inputs: set[tuple[int, ...]]
) -> _Found | None:
    """``labels``: how many there are, if they are as many as the values; else 0."""
    classes = f"the scores of {labels} labels" if labels else "the scores of classes"
    if output.activation == "softmax":
        reason = "it ends in a softmax"
        return ClassesOutput(), f"{classes}, because {reason}", "classes(activation=none)"
    is_binary = output.loss in _BINARY
    if output.activation == "sigmoid" and (labels or spec.shape[1:] not in inputs):
        reason = "it ends in a sigmoid for each of several values"
        meaning = f"{classes}, of which several at once may be at least 0.5, because {reason}"
        return ClassesOutput(threshold=0.5), meaning, "classes"
    if output.activation == "linear" and is_binary and output.from_logits:
        meaning = f"logits of {classes}, of which several may be true, because its loss says so"
        declared = ClassesOutput(activation="sigmoid", threshold=0.5)
        return declared, meaning, "classes(activation=softmax)"
    if output.activation == "linear" and (labels or _is_categorical(output)):
        reason = "its loss takes logits" if output.from_logits else "it ends without an activation"
        return (
            ClassesOutput(activation="softmax"),
            f"logits of {classes}, because {reason}",
            "classes",
        )
    if labels:
        return (
            ClassesOutput(),
            f"{classes}, because it has a value for each",
            ("classes(activation=softmax)"),
        )
    return None


def _is_categorical(output: OutputFacts) -> bool:
    return output.from_logits and "categorical" in (output.loss or "")


def activation_of(answer: NDArray[Any]) -> str | None:
    """What answers look like: probabilities that add up to 1, or numbers that are none."""
    if not answer.size or answer.dtype.kind != "f" or not np.isfinite(answer).all():
        return None
    if answer.min() < 0 or answer.max() > 1 + _TOLERANCE:
        return "linear"
    sums = answer.astype(np.float64).sum(axis=-1)
    several = answer.ndim == _MATRIX and answer.shape[1] > 1
    return "softmax" if several and np.allclose(sums, 1, atol=_TOLERANCE) else None
