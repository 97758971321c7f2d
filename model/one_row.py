"""Loops that collect their steps in tensor lists, for one row at a time.

LiteRT has no tensor lists. Its converter turns one into a tensor where the shape of its elements is
known, which in Keras' recurrent layers is ``(batch, units)`` of a free batch. For a batch of one
row it is known. :class:`inference.engines.litert.LiteRTEngine` runs such a signature for each row.
"""

import tensorflow as tf

from model.frozen import Frozen, source_of

# The input that holds the shape of an element.
_SHAPES = {
    "EmptyTensorList": 0,
    "TensorListFromTensor": 1,
    "TensorListReserve": 0,
    "TensorListStack": 1,
}


def has_tensor_lists(frozen: Frozen) -> bool:
    """Whether the graph itself makes a tensor list."""
    return any(node.op in _SHAPES for node in frozen.graph_def.node)


def for_one_row(frozen: Frozen) -> Frozen:
    """The graph for a batch of one row.

    Raises ``ValueError`` where an input has no free batch.
    """
    graph_def = type(frozen.graph_def)()
    graph_def.CopyFrom(frozen.graph_def)
    nodes = {node.name: node for node in graph_def.node}
    for placeholder in frozen.inputs.values():
        attributes = nodes[placeholder].attr
        sizes = attributes["shape"].shape.dim
        if not sizes or sizes[0].size >= 0:
            raise ValueError("it has loops of tensor lists, and its inputs have no free batch")
        sizes[0].size = 1
        attributes.pop("_output_shapes", None)
    for node in list(graph_def.node):
        if node.op in _SHAPES:
            place = _SHAPES[node.op]
            source = nodes[source_of(nodes, node.input[place])]
            shape = tf.make_ndarray(source.attr["value"].tensor) if source.op == "Const" else None
            if shape is not None and shape.ndim and shape[:1] == -1:
                # A constant of its own, because a reshape may take the same one.
                constant = graph_def.node.add(name=f"{node.name}/for_one_row", op="Const")
                constant.attr["dtype"].CopyFrom(source.attr["dtype"])
                constant.attr["value"].tensor.CopyFrom(
                    tf.make_tensor_proto([1, *shape[1:]], shape.dtype)
                )
                node.input[place] = constant.name
    return Frozen(graph_def, frozen.inputs, frozen.outputs, frozen.tables)
