"""Operations that LiteRT lacks, composed from those that it has.

A node of such an operation becomes a call of a function, which computes the same. The converter
puts the function in the place of the call.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from model import composed_bits, composed_fourier, composed_numbers, composed_pooling
from model.composed_tables import look_up
from model.frozen import FINDING, Frozen, Table, source_of

# What a node computes, as a function of its tensors.
Composed = Callable[..., tf.Tensor]


def _of_tensors(function: Composed) -> Callable[[Any], Composed]:
    return lambda _node: function


def _of_windows(function: Composed) -> Callable[[Any], Composed]:
    def composed(node: Any) -> Composed:  # noqa: ANN401
        if node.attr["data_format"].s not in (b"", b"NDHWC"):
            raise ValueError("its channels come first")
        sizes, strides = (list(node.attr[key].list.i) for key in ("ksize", "strides"))
        padding = node.attr["padding"].s.decode()
        return lambda images: function(images, sizes, strides, padding)

    return composed


def _of_edges(function: Composed) -> Callable[[Any], Composed]:
    def composed(node: Any) -> Composed:  # noqa: ANN401
        out_type = tf.as_dtype(node.attr["out_type"].type or tf.int32.as_datatype_enum)
        return lambda edges, values: function(edges, values, out_type)

    return composed


COMPOSED: dict[str, Callable[[Any], Composed]] = {
    "Acos": _of_tensors(composed_numbers.acos),
    "Acosh": _of_tensors(composed_numbers.acosh),
    "Angle": _of_tensors(composed_numbers.angle),
    "Asin": _of_tensors(composed_numbers.asin),
    "Asinh": _of_tensors(composed_numbers.asinh),
    "Atan": _of_tensors(composed_numbers.atan),
    "Atanh": _of_tensors(composed_numbers.atanh),
    "AvgPool3D": _of_windows(composed_pooling.avg_pool_3d),
    "BitwiseAnd": _of_tensors(composed_bits.bitwise_and),
    "BitwiseOr": _of_tensors(composed_bits.bitwise_or),
    "BitwiseXor": _of_tensors(composed_bits.bitwise_xor),
    "Cosh": _of_tensors(composed_numbers.cosh),
    "Erfc": _of_tensors(composed_numbers.erfc),
    "IRFFT": _of_tensors(composed_fourier.irfft),
    "Invert": _of_tensors(composed_bits.invert),
    "LowerBound": _of_edges(composed_numbers.lower_bound),
    "MaxPool3D": _of_windows(composed_pooling.max_pool_3d),
    "Sinh": _of_tensors(composed_numbers.sinh),
    "Tan": _of_tensors(composed_numbers.tan),
    "TruncateMod": _of_tensors(composed_numbers.truncate_mod),
    "UpperBound": _of_edges(composed_numbers.upper_bound),
}


def compose(frozen: Frozen) -> Frozen:
    """The graph, in which what LiteRT lacks is composed.

    Raises ``ValueError`` for what cannot be composed, such as a table of text.
    """
    graph_def = type(frozen.graph_def)()
    graph_def.CopyFrom(frozen.graph_def)
    rewriting = _Rewriting(frozen, graph_def)
    rewriting.compose_bodies()  # first: what is composed stands in functions of its own
    rewriting.compose_nodes()
    return Frozen(graph_def, frozen.inputs, frozen.outputs)


_NUMBERS = itertools.count()


class _Rewriting:
    """One graph, changed in place."""

    def __init__(self, frozen: Frozen, graph_def: Any) -> None:  # noqa: ANN401
        self._frozen = frozen
        self._graph_def = graph_def
        self._nodes = {node.name: node for node in graph_def.node}

    def compose_nodes(self) -> None:
        """The nodes of the graph itself, whose shapes are known."""
        composable = [node for node in self._nodes.values() if node.op in COMPOSED]
        finding = [node for node in self._nodes.values() if node.op in FINDING]
        if not composable and not finding:
            return
        graph = self._frozen.graph()
        for node in [*composable, *finding]:
            tensors = list(graph.get_operation_by_name(node.name).inputs)
            if node.op in FINDING:
                table = self._table(node)
                # Its first input is the table itself, which is a constant now.
                tensors = tensors[1:]
                node.input[:] = node.input[1:]
                composed = _finder(table)
            else:
                composed = COMPOSED[node.op](node)
            self._replace(node, composed, tensors)

    def compose_bodies(self) -> None:
        """The nodes in the bodies of loops and branches, whose shapes are not known."""
        bodies = list(self._graph_def.library.function)
        composable = [
            (body, node) for body in bodies for node in body.node_def if node.op in COMPOSED
        ]
        for body, node in composable:
            output = op_def_registry.get(node.op).output_arg[0].name
            specs = [tf.TensorSpec(None, dtype) for dtype in _dtypes(node)]
            self._replace(node, COMPOSED[node.op](node), specs)
            _rename_output(body, node.name, output)
        if composable:
            self._rename({body.signature.name: _new_name(body.signature.name) for body in bodies})

    def _rename(self, names: dict[str, str]) -> None:
        """TensorFlow keeps one function of a name in a process, and knows those of before."""
        library = self._graph_def.library.function
        for body in library:
            body.signature.name = names.get(body.signature.name, body.signature.name)
        for node in [*self._graph_def.node, *(node for body in library for node in body.node_def)]:
            for value in node.attr.values():
                for called in (value.func, *value.list.func):
                    if called.name in names:
                        called.name = names[called.name]

    def _table(self, node: Any) -> Table:  # noqa: ANN401
        table = self._frozen.tables.get(source_of(self._nodes, node.input[0]))
        if table is None or object in (table.keys.dtype, table.values.dtype):
            raise ValueError(f"LiteRT has no {node.op} of text")
        return table

    def _replace(self, node: Any, composed: Composed, tensors: Sequence[Any]) -> None:  # noqa: ANN401
        """Make the node a call of a function of its inputs."""
        specs = []
        for tensor in tensors:
            value = tf.get_static_value(tensor) if isinstance(tensor, tf.Tensor) else None
            specs.append(tf.TensorSpec(tensor.shape, tensor.dtype) if value is None else value)

        def call(*values: tf.Tensor) -> tf.Tensor:
            given = [
                value if isinstance(spec, tf.TensorSpec) else tf.constant(spec)
                for spec, value in zip(specs, values, strict=True)
            ]
            return composed(*given)

        arguments = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in tensors]
        function = tf.function(call, autograph=False).get_concrete_function(*arguments)
        body = self._graph_def.library.function.add()
        body.CopyFrom(function.function_def)
        body.signature.name = _new_name(node.op)
        node.op = "PartitionedCall"
        node.attr.clear()
        node.attr["f"].func.name = body.signature.name
        node.attr["Tin"].list.type.extend(spec.dtype.as_datatype_enum for spec in arguments)
        node.attr["Tout"].list.type.extend(
            tensor.dtype.as_datatype_enum for tensor in function.outputs
        )


def _new_name(name: str) -> str:
    return f"composed_{name}_{next(_NUMBERS)}"


def _finder(table: Table) -> Composed:
    return lambda keys, default: look_up(table, keys, default)


def _dtypes(node: Any) -> list[tf.DType]:  # noqa: ANN401
    """The dtypes of a node's inputs, as its operation declares them."""
    dtypes = []
    for argument in op_def_registry.get(node.op).input_arg:
        number = node.attr[argument.type_attr].type if argument.type_attr else argument.type
        dtypes.append(tf.as_dtype(number))
    return dtypes


def _rename_output(body: Any, name: str, output: str) -> None:  # noqa: ANN401
    """Tensors in a function are named after outputs, and those of a call are named so."""
    before, after = f"{name}:{output}:0", f"{name}:output:0"
    for node in body.node_def:
        node.input[:] = [after if source == before else source for source in node.input]
    for key, value in body.ret.items():
        if value == before:
            body.ret[key] = after
