"""Preprocessing at a model's entry, lifted out of it, so that the rest compiles to LiteRT.

LiteRT computes with numbers only. A layer that takes text or looks categories up is therefore
computed before the engine, by a step of ``inference.preprocessing``, if all its inputs are. What
remains is another model, from the tensors at the boundary to the outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tensorflow as tf

from inference.preprocessing import Preprocessing, Step
from model.convert import NotCompilableError
from scripts.adding.compilable import compilable_layers
from scripts.adding.keras_models import NamedModel, valid_names
from scripts.adding.lifting.graph import Graph, GraphCall, Key, functional_of, graph_of
from scripts.adding.lifting.steps import NotLiftableError, is_preprocessing, step_of
from scripts.adding.sources import reason_of

__all__ = ["Lifted", "NotLiftableError", "lift"]


@dataclass(frozen=True)
class Lifted:
    """A model in two parts."""

    preprocessing: Preprocessing
    rest: NamedModel
    refusals: str  # which preprocessing layers stay in the rest, and why

    def export(self, folder: Path) -> None:
        """Write the rest as a SavedModel. Raises :class:`NotCompilableError`."""
        try:
            with compilable_layers():
                self.rest.export(folder)
        # Keras and TensorFlow raise errors of many classes while they trace a model.
        except Exception as error:
            raise NotCompilableError(
                f"the model without its preprocessing cannot be exported: {reason_of(error)}"
            ) from error


@dataclass
class _Split:
    """Which calls are steps, and which stay."""

    graph: Graph
    names: dict[Key, str]  # of the tensors that steps compute, and of the model's inputs
    steps: list[tuple[GraphCall, Step]] = field(default_factory=list)
    refusals: dict[Key, str] = field(default_factory=dict)  # by the first output of a call


def lift(named: NamedModel) -> Lifted | None:
    """The two parts; None where no preprocessing layer stands at the entry.

    Raises :class:`NotLiftableError` where text would be left for the rest, or where no such layer
    can be computed outside of TensorFlow.
    """
    if not any(is_preprocessing(layer) for layer in _layers(named.model)):
        return None
    graph = graph_of(named.model, _holds_preprocessing)
    if graph is None:
        return None
    split = _split(graph, list(named.inputs))
    if not split.steps:
        _refuse_text(split, graph.calls)
        refusals = _refusals(split, graph.calls)
        if refusals:
            raise NotLiftableError(refusals)
        return None
    lifted = {key for call, _ in split.steps for key in call.outputs}
    remaining = _needed(
        [call for call in graph.calls if call.outputs[0] not in lifted], graph.outputs
    )
    _refuse_text(split, remaining)
    boundary = _boundary(graph, remaining)
    preprocessing = Preprocessing(
        steps=[step for _, step in split.steps],
        feeds={split.names[key]: split.names[key] for key in boundary},
    )
    rest = _rest(named, split, remaining, boundary)
    return Lifted(preprocessing, rest, _refusals(split, remaining))


def _layers(model: Any) -> Sequence[Any]:
    flatten = getattr(model, "_flatten_layers", None)
    return list(flatten()) if flatten else []


def _holds_preprocessing(operation: Any) -> bool:
    """Whether it is a model to open; a ``TextVectorization`` holds a lookup, and is none."""
    inside = [layer for layer in _layers(operation) if layer is not operation]
    return not is_preprocessing(operation) and any(map(is_preprocessing, inside))


def _split(graph: Graph, inputs: list[str]) -> _Split:
    calls = [call for call in graph.calls if len(call.outputs) == 1]
    unique = iter(valid_names([*inputs, *(call.name for call in calls)])[len(inputs) :])
    outputs = dict(zip((call.outputs[0] for call in calls), unique, strict=True))
    split = _Split(graph, dict(zip(graph.inputs, inputs, strict=True)))
    for call in calls:
        if not all(key in split.names for key in call.inputs):
            continue
        try:
            name = outputs[call.outputs[0]]
            step = step_of(call, [split.names[key] for key in call.inputs], name)
        except NotLiftableError as error:
            split.refusals[call.outputs[0]] = str(error)
            continue
        split.names[call.outputs[0]] = name
        split.steps.append((call, step))
    wanted = [call.outputs[0] for call, _ in split.steps if is_preprocessing(call.operation)]
    kept = {id(call) for call in _needed([call for call, _ in split.steps], wanted)}
    split.steps = [(call, step) for call, step in split.steps if id(call) in kept]
    return split


def _needed(calls: Sequence[GraphCall], wanted: Sequence[Key]) -> list[GraphCall]:
    """The calls that these tensors are computed by, directly or not."""
    needed, kept = set(wanted), []
    for call in reversed(calls):
        if not needed.isdisjoint(call.outputs):
            needed.update(call.inputs)
            kept.append(call)
    return kept[::-1]


def _boundary(graph: Graph, remaining: Sequence[GraphCall]) -> list[Key]:
    """The tensors that the rest takes, in their first order of use."""
    made = {key for call in remaining for key in call.outputs}
    used = [key for call in remaining for key in call.inputs] + graph.outputs
    return [key for key in dict.fromkeys(used) if key not in made]


def _refuse_text(split: _Split, remaining: Sequence[GraphCall]) -> None:
    """Raise :class:`NotLiftableError` that names the call which takes text."""
    for call in remaining:
        if any(_is_text(split.graph.tensors[key]) for key in call.inputs):
            reason = split.refusals.get(call.outputs[0], "its input is not at the model's entry")
            raise NotLiftableError(f"the layer '{call.name}' ({call.kind}) takes text: {reason}")


def _refusals(split: _Split, remaining: Sequence[GraphCall]) -> str:
    return "; ".join(
        f"the layer '{call.name}' ({call.kind}) stays: {split.refusals[call.outputs[0]]}"
        for call in remaining
        if is_preprocessing(call.operation) and call.outputs[0] in split.refusals
    )


def _is_text(tensor: Any) -> bool:
    return bool(tf.as_dtype(tensor.dtype) == tf.string)


def _rest(
    named: NamedModel, split: _Split, remaining: Sequence[GraphCall], boundary: Sequence[Key]
) -> NamedModel:
    graph = split.graph
    specs = _specs(named, split, boundary)
    outputs = _output_names(named.model)

    def call(values: dict[str, Any]) -> dict[str, Any]:
        known = {key: values[split.names[key]] for key in boundary}
        for step in remaining:
            known.update(zip(step.outputs, step.compute(known), strict=True))
        # Without tf.identity, an output that is also an input loses its name.
        return {
            name: tf.identity(known[key]) for name, key in zip(outputs, graph.outputs, strict=True)
        }

    return NamedModel(named.model, specs, call, looks_up=False)


def _specs(named: NamedModel, split: _Split, boundary: Sequence[Key]) -> dict[str, tf.TensorSpec]:
    """What the steps answer.

    The dtype and the rank are what the layers compute. What Keras declares may be another: for
    counts of words in texts of shape ``(rows, 1)``, Keras 3 declares ``(rows, 1, words)``.
    """

    def entry(**inputs: Any) -> dict[str, Any]:
        known = {key: inputs[split.names[key]] for key in split.graph.inputs}
        for call, _ in split.steps:
            known.update(zip(call.outputs, call.compute(known), strict=True))
        return {split.names[key]: tf.identity(known[key]) for key in boundary}

    traced = tf.function(entry, autograph=False).get_concrete_function(**named.inputs)
    specs = {}
    for key in boundary:
        name, declared = split.names[key], tf.TensorShape(split.graph.tensors[key].shape)
        computed = traced.structured_outputs[name]
        fits = computed.shape.is_compatible_with(declared)
        shape = computed.shape.merge_with(declared) if fits else computed.shape
        specs[name] = tf.TensorSpec(shape, computed.dtype, name=name)
    return specs


def _output_names(model: Any) -> list[str]:
    functional = functional_of(model)
    structure = getattr(functional, "_outputs_struct", getattr(functional, "_nested_outputs", None))
    named = sorted(structure) if isinstance(structure, dict) else functional.output_names
    return valid_names(named)
