"""Changes of a legitimate SavedModel's program, each made by hand."""

from pathlib import Path
from typing import Any

import tensorflow as tf


def asset_out_of_the_folder(meta: Any, folder: Path) -> None:
    meta.asset_file_def[0].filename = "../../words.txt"


def asset_of_an_absolute_path(meta: Any, folder: Path) -> None:
    meta.asset_file_def[0].filename = "/etc/passwd"


def initializer_of_a_constant(meta: Any, folder: Path) -> None:
    """The function is right, but what the loader passes to it is a constant of the file."""
    objects = meta.object_graph_def
    constant = objects.nodes.add()
    constant.constant.operation = "path"
    for bound in objects.concrete_functions.values():
        places = [objects.nodes[place].HasField("asset") for place in bound.bound_inputs]
        for place, is_asset in enumerate(places):
            if is_asset:
                bound.bound_inputs[place] = len(objects.nodes) - 1
    _add_path(meta)


def graph_of_a_constant(meta: Any, folder: Path) -> None:
    """Only the graph is changed, which the compiler's loader runs."""
    _add_path(meta)
    for node in meta.graph_def.node:
        node.input[:] = ["path" if name == "ReadVariableOp" else name for name in node.input]


def _add_path(meta: Any) -> None:
    node = meta.graph_def.node.add(name="path", op="Const")
    node.attr["dtype"].type = tf.string.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto("/etc/passwd"))


def signature_that_saves(meta: Any, folder: Path) -> None:
    output = meta.signature_def["serving_default"].outputs
    output[next(iter(output))].name = meta.saver_def.save_tensor_name


def initializer_that_saves(meta: Any, folder: Path) -> None:
    names = meta.collection_def["saved_model_main_op"].node_list.value
    names.append(meta.saver_def.save_tensor_name.split(":")[0])


def restore_that_saves(meta: Any, folder: Path) -> None:
    meta.saver_def.restore_op_name = meta.saver_def.save_tensor_name.split(":")[0]


def restore_of_a_constant(meta: Any, folder: Path) -> None:
    """The variables would come from any checkpoint on the disk."""
    _add_path(meta)
    for node in meta.graph_def.node:
        if node.name == meta.saver_def.restore_op_name:
            node.input[0] = "path"


def function_that_restores(meta: Any, folder: Path) -> None:
    """A function of the model calls the saver's."""
    saver = next(
        body
        for body in meta.graph_def.library.function
        if any(node.op == "SaveV2" for node in body.node_def)
    )
    body = next(
        body
        for body in meta.graph_def.library.function
        if not any(node.op in ("SaveV2", "RestoreV2") for node in body.node_def)
    )
    call = body.node_def.add(name="again", op="StatefulPartitionedCall")
    call.attr["f"].func.name = saver.signature.name


def huge_constant(meta: Any, folder: Path) -> None:
    node = meta.graph_def.node.add(name="zeros", op="Const")
    node.attr["dtype"].type = tf.float32.as_datatype_enum
    tensor = node.attr["value"].tensor
    tensor.dtype = tf.float32.as_datatype_enum
    tensor.float_val.append(0)
    for _ in range(2):
        tensor.tensor_shape.dim.add(size=10**6)


def two_nodes_of_one_name(meta: Any, folder: Path) -> None:
    meta.graph_def.node.add(name=meta.graph_def.node[0].name, op="NoOp")


def unknown_operation(meta: Any, folder: Path) -> None:
    meta.graph_def.node.add(name="new", op="InventedYesterday")


def without_inputs(meta: Any, folder: Path) -> None:
    """Operations that lack what they need, in the graph and in a function."""
    for nodes in (meta.graph_def.node, meta.graph_def.library.function[0].node_def):
        for operation in ("InitializeTableFromTextFileV2", "RestoreV2", "AssignVariableOp"):
            nodes.add(name=f"bare {operation}", op=operation)
