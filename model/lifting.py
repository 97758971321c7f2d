"""Graphs that begin with serialized ``tf.Example`` records, cut behind the parser.

LiteRT computes with numbers only. What stands behind the parser takes the features as arrays, and
:mod:`inference.tf_examples` computes these from the records, when it is served.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf

from inference.engines.parsed_examples import input_of_feature
from inference.engines.tensorflow_signatures import PARSING, read_program
from inference.signatures import FeatureSpec
from inference.tf_examples import Kind
from model.frozen import Frozen, feed, freeze, pruned, source_of

_DTYPES: dict[tf.DType, Kind] = {tf.float32: "float32", tf.int64: "int64", tf.string: "string"}


def operations_of(folder: Path) -> set[str]:
    """The names of all operations in the program of a SavedModel."""
    return {
        node.op
        for meta in read_program(folder).meta_graphs
        for nodes in (meta.graph_def.node, *(f.node_def for f in meta.graph_def.library.function))
        for node in nodes
    }


def features_of_signatures(folder: Path, names: list[str]) -> dict[str, dict[str, FeatureSpec]]:
    """The features of the signatures on serialized examples, by the signature's name.

    A signature is left out if its features are not all of a fixed length.
    """
    if not operations_of(folder) & PARSING:
        return {}
    found = {name: features_of(frozen) for name, frozen in freeze(folder, names).items()}
    return {name: features for name, features in found.items() if features}


def features_of(frozen: Frozen) -> dict[str, FeatureSpec]:
    """What the records of the only input hold; empty where that cannot be told."""
    parser = _parser(frozen)
    if parser is None:
        return {}
    count = _count(parser)
    keys, defaults = _operands(frozen, parser)
    features = {}
    for place in range(count):
        shape = tf.TensorShape(parser.attr["dense_shapes"].list.shape[place])
        dtype = _DTYPES[tf.as_dtype(parser.attr["Tdense"].list.type[place])]
        default = frozen.constant(defaults[place])
        if not shape.is_fully_defined() or default is None:
            return {}
        features[keys[place]] = FeatureSpec(
            dtype=dtype,
            shape=tuple(shape.as_list()),
            required=default.size == 0,
            default=[] if dtype == "string" else default.ravel().tolist(),
        )
    return features


def without_parser(frozen: Frozen) -> Frozen:
    """The graph that takes the features; the same one where they are not known."""
    parser = _parser(frozen)
    features = features_of(frozen)
    if parser is None or not features:
        return frozen
    specs = {
        input_of_feature(place): (
            f"{parser.name}:{place}",
            tf.TensorSpec([None, *spec.shape], spec.dtype),
        )
        for place, spec in enumerate(features.values())
    }
    return feed(frozen, specs)


def _parser(frozen: Frozen) -> Any | None:  # noqa: ANN401 - a protobuf message
    """The parser of dense features that alone reads the only input."""
    if len(frozen.inputs) != 1:
        return None
    ((_, placeholder),) = frozen.inputs.items()
    needed = pruned(frozen).graph_def.node
    nodes = {node.name: node for node in needed}
    readers = [
        node for node in needed if node.op != "Identity" and _reads(nodes, node, placeholder)
    ]
    if len(readers) != 1 or readers[0].op not in PARSING or not _count(readers[0]):
        return None
    parser = readers[0]
    first, *others = parser.input
    if source_of(nodes, first) != placeholder:
        return None
    if placeholder in {source_of(nodes, tensor) for tensor in (*others, *frozen.outputs.values())}:
        return None
    ragged = len(parser.attr["ragged_value_types"].list.type)
    return None if ragged or len(parser.attr["sparse_types"].list.type) else parser


def _reads(nodes: dict[str, Any], node: Any, placeholder: str) -> bool:  # noqa: ANN401
    return any(source_of(nodes, tensor) == placeholder for tensor in node.input)


def _count(parser: Any) -> int:  # noqa: ANN401
    return len(parser.attr["Tdense"].list.type)


def _operands(frozen: Frozen, parser: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401
    """The names of the features, and the tensors of their defaults, without sparse features."""
    count, inputs = _count(parser), list(parser.input)
    defaults = inputs[-count:]
    if parser.op == "ParseExample":  # serialized, names, a key each, a default each
        keys = list(_texts(frozen, inputs[2 : 2 + count]))
    else:  # serialized, names, sparse keys, dense keys, ragged keys, a default each
        keys = list(_texts(frozen, inputs[3:4]))
    return keys, defaults


def _texts(frozen: Frozen, tensors: list[str]) -> Iterator[str]:
    for tensor in tensors:
        value = frozen.constant(tensor)
        if value is not None:
            yield from (text.decode() for text in value.ravel().tolist())
