"""Bounds of the inputs of a SavedModel, read from its program.

This serves the Keras models of both generations too, because they are exported as SavedModels: an
embedding is a table with ``input_dim`` rows there, however deep it was nested.
"""

from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from scripts.adding.sampling.bounds import BoundsRules, Fact, Role, SignatureBounds

_ROLES: dict[str, Role] = {
    **dict.fromkeys(
        (
            *("Reshape", "ExpandDims", "Squeeze", "StridedSlice", "Slice", "Transpose"),
            *("Concat", "ConcatV2", "Pack", "Unpack", "Split", "SplitV", "Tile", "BroadcastTo"),
            *("Select", "SelectV2", "Maximum", "Pad", "PadV2", "ReverseV2", "Roll", "Round"),
            *("Floor", "Rint", "Unique", "UniqueV2", "GatherNd", "RaggedTensorToTensor"),
        ),
        "pass",
    ),
    **dict.fromkeys(("Gather", "GatherV2", "ResourceGather"), "gather"),
    "OneHot": "one_hot",
    "Mul": "multiply",
    **dict.fromkeys(("RealDiv", "Div"), "divide"),
    **dict.fromkeys(("Add", "AddV2"), "add"),
    "Sub": "subtract",
}
_KEEPING = (
    *("Identity", "StopGradient", "PreventGradient", "Snapshot", "EnsureShape"),
    *("Cast", "ReadVariableOp", "Enter"),
)
_VARIABLES = ("VarHandleOp", "VariableV2", "Variable")
_FIRST_IS_NO_ARGUMENT = ("If", "StatelessIf", "Case", "StatelessCase")
_MOST_VALUES = 64
_MOST_CALLS = 1000  # of functions, so that no program keeps the visit busy


def graph_bounds(folder: Path) -> dict[str, SignatureBounds]:
    """By signature, of the SavedModel in a folder that TensorFlow has loaded."""
    program = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    bounds: dict[str, SignatureBounds] = {}
    for meta in program.meta_graphs:
        for name, signature in meta.signature_def.items():
            inputs = {tensor.name: given for given, tensor in signature.inputs.items()}
            outputs = [tensor.name for tensor in signature.outputs.values()]
            bounds[name] = _Visit(meta.graph_def).signature(inputs, outputs)
    return bounds


class _Visit:
    """Of one signature's operations, and of the functions that they call."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._functions = {body.signature.name: body for body in graph.library.function}
        self._rules = BoundsRules()
        self._calls = 0

    def signature(self, inputs: dict[str, str], outputs: list[str]) -> SignatureBounds:
        """Bounds by input; ``inputs`` are names by tensor."""
        known = {_node_of(tensor): [Fact(frozenset({name}))] for tensor, name in inputs.items()}
        self._visit(self._graph.node, known, map(_node_of, outputs))
        return {name: self._rules.of(name) for name in inputs.values()}

    def _visit(self, nodes: Any, facts: dict[str, list[Fact]], wanted: Iterable[str]) -> None:
        """Add to ``facts`` what is known of the outputs of each node that is needed."""
        by_name = {node.name: node for node in nodes}
        for name in _in_order(by_name, wanted, set(facts)):
            node = by_name[name]
            operands = [_fact(facts, text) for text in node.input if not text.startswith("^")]
            facts[name] = list(self._results(node, operands))

    def _results(self, node: Any, operands: list[Fact]) -> Iterator[Fact]:
        if node.op in _VARIABLES:
            yield Fact(shape=tuple(size.size for size in node.attr["shape"].shape.dim))
        elif node.op == "Const":
            yield _constant(node.attr["value"].tensor)
        elif node.op in _KEEPING:
            yield operands[0]
        elif node.op in _ROLES:
            axis = 0
            if node.op == "GatherV2" and operands[2].value is not None:
                axis = int(operands[2].value.item())
            yield self._rules.apply(_ROLES[node.op], operands, axis)
        else:
            first = 1 if node.op in _FIRST_IS_NO_ARGUMENT else 0
            # The first one's results stand for all: a loop's body, and one branch of two.
            called = [value.func.name for _, value in sorted(node.attr.items(), key=_by_name)]
            for function in (node.op, *called):
                if function in self._functions:
                    yield from self._call(self._functions[function], operands[first:])

    def _call(self, body: Any, arguments: Sequence[Fact]) -> list[Fact]:
        self._calls += 1
        if self._calls > _MOST_CALLS:
            return []
        names = [argument.name for argument in body.signature.input_arg]
        facts = {name: [fact] for name, fact in zip(names, arguments, strict=False)}
        returned = [body.ret[output.name] for output in body.signature.output_arg]
        self._visit(body.node_def, facts, map(_node_of, returned))
        return [_fact(facts, tensor) for tensor in returned]


def _in_order(nodes: dict[str, Any], wanted: Iterable[str], known: set[str]) -> list[str]:
    """The nodes that the wanted ones need, each after its operands."""
    needs: dict[str, list[str]] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in needs and name not in known:
            needs[name] = [_node_of(text) for text in nodes[name].input]
            waiting += needs[name]
    try:
        return [name for name in TopologicalSorter(needs).static_order() if name in needs]
    except CycleError:  # a loop of TensorFlow 1
        return [name for name in nodes if name in needs]


def _by_name(attribute: tuple[str, Any]) -> str:
    return attribute[0]


def _node_of(tensor: str) -> str:
    return tensor.removeprefix("^").split(":")[0]


def _fact(facts: dict[str, list[Fact]], tensor: str) -> Fact:
    """``node:2`` in a graph, and ``node:output:2`` in a function."""
    known = facts.get(_node_of(tensor), [])
    place = tensor.rpartition(":")[2]
    if len(known) > 1 and place.isdecimal() and int(place) < len(known):
        return known[int(place)]
    return known[0] if known else Fact()


def _constant(tensor: Any) -> Fact:
    shape = tuple(size.size for size in tensor.tensor_shape.dim)
    numbers = tensor.dtype != tf.string.as_datatype_enum
    small = tf.TensorShape(tensor.tensor_shape).num_elements() <= _MOST_VALUES
    return Fact(shape=shape, value=tf.make_ndarray(tensor) if numbers and small else None)
