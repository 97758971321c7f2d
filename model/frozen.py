"""Signatures of a SavedModel as graphs of their own, whose variables are constants.

What LiteRT's converter cannot read is changed in such a graph, and the changed graphs are saved as
a SavedModel again. A model of TensorFlow 1 may hold reference variables, which only a session
reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from inference.engines.tensorflow_signatures import (
    read_program,
    served_graph,
    with_vectors_of_examples,
)

v1 = tf.compat.v1
FINDING = ("LookupTableFind", "LookupTableFindV2")


@dataclass(frozen=True)
class Table:
    """What a lookup table holds."""

    keys: NDArray[Any]
    values: NDArray[Any]


@dataclass(frozen=True)
class Frozen:
    """A graph: the placeholders of its named inputs, the tensors of its named outputs."""

    graph_def: Any
    inputs: dict[str, str]
    outputs: dict[str, str]
    tables: Mapping[str, Table] = field(default_factory=dict)  # by the node of the handle

    def graph(self) -> tf.Graph:
        """The graph with the shapes that TensorFlow infers."""
        graph = tf.Graph()
        with graph.as_default():
            tf.graph_util.import_graph_def(self.graph_def, name="")
        return graph

    def constant(self, tensor: str) -> NDArray[Any] | None:
        """The value of a tensor that depends on no input; None for one that does."""
        graph = self.graph()
        try:
            with v1.Session(graph=graph) as session:
                return np.asarray(session.run(tensor if ":" in tensor else f"{tensor}:0"))
        except tf.errors.InvalidArgumentError:
            return None


def is_of_tensorflow_1(folder: Path) -> bool:
    """Whether a SavedModel has a graph alone, and no objects of TensorFlow 2."""
    return not served_graph(read_program(folder)).object_graph_def.nodes


def freeze(folder: Path, signatures: Sequence[str]) -> dict[str, Frozen]:
    """Each of these signatures of a SavedModel."""
    freezing = _freeze_graph if is_of_tensorflow_1(folder) else _freeze_functions
    return freezing(folder, signatures)


def _freeze_graph(folder: Path, signatures: Sequence[str]) -> dict[str, Frozen]:
    frozen = {}
    with v1.Session(graph=tf.Graph()) as session:
        meta = v1.saved_model.load(session, [tf.saved_model.SERVING], str(folder))
        graph_def = session.graph.as_graph_def()
        tables = {
            node: Table(*session.run(_export(_handle(session.graph, node), *dtypes)))
            for node, dtypes in _tables(graph_def).items()
            if _handle(session.graph, node).dtype == tf.resource
        }
        for name in signatures:
            definition = meta.signature_def[name]
            inputs = {key: info.name for key, info in sorted(definition.inputs.items())}
            outputs = {key: info.name for key, info in sorted(definition.outputs.items())}
            nodes = sorted({_node(tensor) for tensor in outputs.values()})
            constant = v1.graph_util.convert_variables_to_constants(session, graph_def, nodes)
            constant = with_vectors_of_examples(constant) or constant
            frozen[name] = _fed(Frozen(constant, {}, outputs, tables), inputs)
    return frozen


def _handle(graph: tf.Graph, node: str) -> tf.Tensor:
    return graph.get_tensor_by_name(f"{node}:0")


def _freeze_functions(folder: Path, signatures: Sequence[str]) -> dict[str, Frozen]:
    loaded = tf.saved_model.load(str(folder))
    frozen = {}
    for name in signatures:
        function = loaded.signatures[name]
        constant = convert_variables_to_constants_v2(function, lower_control_flow=False)
        placeholders = [tensor.op.name for tensor in constant.inputs]
        # The arguments are sorted by name, as the function's own inputs are; captures follow them.
        names = sorted(function.structured_input_signature[1])
        answers = sorted(function.structured_outputs)
        graph_def = constant.graph.as_graph_def()
        captured = {inner.op.name: handle for handle, inner in function.graph.captures}
        frozen[name] = Frozen(
            graph_def,
            dict(zip(names, placeholders, strict=False)),
            dict(zip(answers, (tensor.name for tensor in constant.outputs), strict=True)),
            {
                node: Table(*(part.numpy() for part in _export(captured[node], *dtypes)))
                for node, dtypes in _tables(graph_def).items()
                if node in captured
            },
        )
    return frozen


def _tables(graph_def: Any) -> dict[str, tuple[int, int]]:  # noqa: ANN401
    """The dtypes of the keys and values of each table that is looked into, by its handle's node."""
    nodes = {node.name: node for node in graph_def.node}
    found = {}
    for node in [*nodes.values(), *(n for f in graph_def.library.function for n in f.node_def)]:
        if node.op in FINDING:
            handle = source_of(nodes, node.input[0])
            found[handle] = (node.attr["Tin"].type, node.attr["Tout"].type)
    return found


def source_of(nodes: Mapping[str, Any], tensor: str) -> str:
    """The node that makes a tensor, beyond those that only hand it on."""
    name = _node(tensor)
    while name in nodes and nodes[name].op == "Identity":
        name = _node(nodes[name].input[0])
    return name


def _export(handle: tf.Tensor, keys: int, values: int) -> tuple[Any, Any]:
    exported = tf.raw_ops.LookupTableExportV2(
        table_handle=handle, Tkeys=tf.as_dtype(keys), Tvalues=tf.as_dtype(values)
    )
    return exported.keys, exported.values


def feed(frozen: Frozen, tensors: Mapping[str, tuple[str, tf.TensorSpec]]) -> Frozen:
    """The graph with placeholders of these names in the place of these tensors."""
    graph_def = type(frozen.graph_def)()
    graph_def.CopyFrom(frozen.graph_def)
    replaced = {_whole(tensor): name for name, (tensor, _) in tensors.items()}
    for node in graph_def.node:
        for place, source in enumerate(node.input):
            if _whole(source) in replaced and not source.startswith("^"):
                node.input[place] = replaced[_whole(source)]
    for name, (_, spec) in tensors.items():
        node = graph_def.node.add(name=name, op="Placeholder")
        node.attr["dtype"].type = spec.dtype.as_datatype_enum
        node.attr["shape"].shape.CopyFrom(spec.shape.as_proto())
    outputs = {
        name: f"{replaced[_whole(tensor)]}:0" if _whole(tensor) in replaced else tensor
        for name, tensor in frozen.outputs.items()
    }
    return Frozen(graph_def, {name: name for name in tensors}, outputs, frozen.tables)


def save(frozen: Mapping[str, Frozen], folder: Path) -> None:
    """Write the graphs as the signatures of a SavedModel."""
    module = tf.Module()
    signatures = {name: _function(graph) for name, graph in frozen.items()}
    tf.saved_model.save(module, str(folder), signatures=signatures)


def _function(frozen: Frozen) -> Any:  # noqa: ANN401 - TensorFlow has no types
    needed = pruned(frozen)
    graph = needed.graph()
    specs = {}
    for name, placeholder in frozen.inputs.items():
        tensor = graph.get_tensor_by_name(f"{placeholder}:0")
        specs[name] = tf.TensorSpec(tensor.shape, tensor.dtype, name=name)

    def call(**values: tf.Tensor) -> dict[str, tf.Tensor]:
        results = tf.graph_util.import_graph_def(
            needed.graph_def,
            {f"{needed.inputs[name]}:0": value for name, value in values.items()},
            list(needed.outputs.values()),
            name="",
        )
        # Without tf.identity, an output that is also an input loses its name.
        return {
            name: tf.identity(result) for name, result in zip(needed.outputs, results, strict=True)
        }

    return tf.function(call, autograph=False).get_concrete_function(**specs)


def pruned(frozen: Frozen) -> Frozen:
    """The graph without what no output needs; its inputs stay."""
    nodes = {node.name: node for node in frozen.graph_def.node}
    waiting = [_node(tensor) for tensor in frozen.outputs.values()]
    waiting += frozen.inputs.values()
    kept: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting += [_node(source) for source in nodes[name].input if source[0] != "^"]
    graph_def = type(frozen.graph_def)()
    graph_def.versions.CopyFrom(frozen.graph_def.versions)
    graph_def.library.CopyFrom(frozen.graph_def.library)
    for node in frozen.graph_def.node:
        if node.name in kept:
            copied = graph_def.node.add()
            copied.CopyFrom(node)
            # What only checks or assigns has no part in an answer.
            copied.input[:] = [source for source in node.input if source[0] != "^"]
    return Frozen(graph_def, frozen.inputs, frozen.outputs, frozen.tables)


def _fed(frozen: Frozen, inputs: Mapping[str, str]) -> Frozen:
    """A signature of TensorFlow 1 may begin at any tensor of the graph."""
    nodes = {node.name for node in frozen.graph_def.node}
    graph = frozen.graph()
    specs = {
        f"input_{key}": (tensor, _spec(graph.get_tensor_by_name(tensor)))
        for key, tensor in inputs.items()
        if _node(tensor) in nodes
    }
    changed = feed(frozen, specs)
    return Frozen(
        changed.graph_def,
        {key: f"input_{key}" for key in inputs if f"input_{key}" in changed.inputs},
        changed.outputs,
        frozen.tables,
    )


def _spec(tensor: tf.Tensor) -> tf.TensorSpec:
    return tf.TensorSpec(tensor.shape, tensor.dtype)


def _node(tensor: str) -> str:
    return tensor.split(":", maxsplit=1)[0]


def _whole(tensor: str) -> str:
    """``name`` is short for ``name:0``."""
    return tensor if ":" in tensor else f"{tensor}:0"
