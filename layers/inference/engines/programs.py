"""Whether the program of a SavedModel only computes, told from ``saved_model.pb`` before a load.

Each SavedModel also holds operations that write and read its own variables. They are accepted
where only the saver can reach them: a signature, an initializer or a table never does. A
vocabulary file is accepted if it is an asset of the model. Needs no TensorFlow itself.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from inference.engines.operations import CALLING, COMPUTING, READING_AN_ASSET, RESTORING, SAVING

_MAX_EXPANSION = 200  # times the stored size; a constant of equal values is stored as one value
_MIN_BYTES_TO_REFUSE = 100_000_000
_BYTES_OF_A_VALUE = 8  # at most, for numbers
_PROGRAM = "saved_model.pb"
_INITIALIZER = "__saved_model_init_op"  # the signature of what runs when a model is loaded


def reasons_to_refuse(program: Any, folder: Path) -> list[str]:  # noqa: ANN401 - a protobuf message
    """What the ``SavedModel`` message in this folder does beyond computing, in words."""
    others = sorted(path.name for path in folder.glob("saved_model.*") if path.name != _PROGRAM)
    reasons = [f"a second program, {name}" for name in others]
    assets = {path.name for path in folder.glob("assets/*") if path.is_file()}
    for graph in program.meta_graphs:
        reasons += _Graph(graph, assets).reasons()
    if _expansion(program) > max(_MIN_BYTES_TO_REFUSE, _MAX_EXPANSION * program.ByteSize()):
        reasons.append("constants that would fill the memory")
    return list(dict.fromkeys(reasons))


class _Graph:
    """One graph of a SavedModel, with its library of functions."""

    def __init__(self, meta: Any, assets: Collection[str]) -> None:  # noqa: ANN401
        self._nodes = {node.name: node for node in meta.graph_def.node}
        self._functions = {body.signature.name: body for body in meta.graph_def.library.function}
        counts = (len(meta.graph_def.node), len(meta.graph_def.library.function))
        self._ambiguous = counts != (len(self._nodes), len(self._functions))
        self._callers = self._index_callers()
        self._objects = meta.object_graph_def
        self._missing_assets = [
            asset.filename for asset in meta.asset_file_def if asset.filename not in assets
        ]
        self._prefix = _node_of(meta.saver_def.filename_tensor_name)
        saving = self._needed_by([_node_of(meta.saver_def.save_tensor_name)])
        restoring = self._needed_by([_node_of(meta.saver_def.restore_op_name)])
        answering = self._needed_by(_tensors_of_signatures(meta))
        started = [*answering, *_started_operations(meta)]
        used = self._needed_by([*(set(self._nodes) - saving - restoring), *started])
        self._saving = saving - restoring - used
        self._restoring = restoring - used
        self._saving_functions, self._restoring_functions = self._functions_of_the_saver()
        named = {_node_of(asset.tensor_info.name) for asset in meta.asset_file_def}
        self._paths = _Paths(self._nodes, named, answering)
        self._readers: dict[tuple[str, str], bool] = {}

    def reasons(self) -> Iterator[str]:
        """What is no computation."""
        if self._ambiguous:
            yield "two operations or functions of one name"
        for name in self._missing_assets:
            yield f"an asset that is not in its folder, {name:.80}"
        for name, node in self._nodes.items():
            if not (
                node.op in COMPUTING
                or (node.op in SAVING and name in self._saving)
                or (node.op == RESTORING and name in self._restoring and self._is_prefix(node))
                or (node.op in READING_AN_ASSET and self._paths.is_asset(node, 1))
            ):
                yield _described(node.op)
        for name, body in self._functions.items():
            for node in body.node_def:
                if not (
                    node.op in COMPUTING
                    or (node.op in SAVING and name in self._saving_functions)
                    or (node.op == RESTORING and self._restores(body, node))
                    or (node.op in READING_AN_ASSET and self._reads_an_asset(body, node))
                ):
                    yield _described(node.op)

    def _index_callers(self) -> dict[str, list[tuple[bool, Any]]]:
        """The nodes that call each function, and whether they stand in the graph itself."""
        callers: dict[str, list[tuple[bool, Any]]] = {}
        for node in self._nodes.values():
            for name in self._called(node):
                callers.setdefault(name, []).append((True, node))
        for body in self._functions.values():
            for node in body.node_def:
                for name in self._called(node):
                    callers.setdefault(name, []).append((False, node))
        return callers

    def _called(self, node: Any) -> Iterator[str]:  # noqa: ANN401
        for value in node.attr.values():
            for function in (value.func, *value.list.func):
                if function.name in self._functions:
                    yield function.name

    def _needed_by(self, names: Iterable[str]) -> set[str]:
        """These nodes and all that they take their inputs from."""

        def sources(name: str) -> Iterator[str]:
            return (
                source for source in map(_node_of, self._nodes[name].input) if source in self._nodes
            )

        return _closure((name for name in names if name in self._nodes), sources)

    def _functions_of_the_saver(self) -> tuple[set[str], set[str]]:
        """The functions that only the saver calls: to save, and to restore."""

        def called_by(nodes: Iterable[Any]) -> set[str]:
            return _closure(
                (name for node in nodes for name in self._called(node)),
                lambda name: (
                    called
                    for node in self._functions[name].node_def
                    for called in self._called(node)
                ),
            )

        saving = called_by(self._nodes[name] for name in self._saving)
        restoring = called_by(self._nodes[name] for name in self._restoring - self._saving)
        own = set(self._nodes) - self._saving - self._restoring
        roots = {*self._objects.concrete_functions, *(set(self._functions) - saving - restoring)}
        bodies = [self._functions[root] for root in roots if root in self._functions]
        used = called_by(self._nodes[name] for name in own) | roots
        used |= called_by(node for body in bodies for node in body.node_def)
        return saving - restoring - used, restoring - saving - used

    def _is_prefix(self, node: Any) -> bool:  # noqa: ANN401
        return bool(self._prefix) and _node_of(_input(node, 0)) == self._prefix

    def _restores(self, body: Any, node: Any) -> bool:  # noqa: ANN401
        """Whether a function reads what the loader names, its own first argument."""
        name = body.signature.name
        if name not in self._restoring_functions or not body.signature.input_arg:
            return False
        if _input(node, 0) != body.signature.input_arg[0].name:
            return False
        if (name, "") not in self._readers:
            self._readers[name, ""] = all(
                in_graph and caller.op in CALLING and self._is_prefix(caller)
                for in_graph, caller in self._callers[name]
            )
        return self._readers[name, ""]

    def _reads_an_asset(self, body: Any, node: Any) -> bool:  # noqa: ANN401
        """Whether a function takes the path as an argument that is always an asset."""
        arguments = [argument.name for argument in body.signature.input_arg]
        name, path = body.signature.name, _input(node, 1)
        if path not in arguments:
            return False
        place = arguments.index(path)
        if (name, path) not in self._readers:
            self._readers[name, path] = all(
                in_graph and caller.op in CALLING and self._paths.is_asset(caller, place)
                for in_graph, caller in self._callers.get(name, [])
            ) and self._is_bound_to_an_asset(name, place - len(arguments))
        return self._readers[name, path]

    def _is_bound_to_an_asset(self, name: str, place: int) -> bool:
        """What the loader passes to a function for itself; ``place`` counts from the end."""
        if name not in self._objects.concrete_functions:
            return True
        bound = self._objects.concrete_functions[name].bound_inputs
        if -place > len(bound) or not 0 <= bound[place] < len(self._objects.nodes):
            return False
        return bool(self._objects.nodes[bound[place]].HasField("asset"))


class _Paths:
    """The tensors of a graph that are the path of an asset, maybe kept in a variable."""

    def __init__(self, nodes: dict[str, Any], assets: set[str], answering: set[str]) -> None:
        self._nodes = nodes
        self._assets = assets & set(nodes)
        self._answering = answering
        variables = {name for name, node in nodes.items() if node.op == "VarHandleOp"}
        for user in nodes.values():
            variables.difference_update(
                source for source in map(_node_of, user.input) if not self._keeps(user)
            )
        self._variables = variables

    def is_asset(self, user: Any, place: int) -> bool:  # noqa: ANN401
        """Whether an input of a node is an asset's path."""
        name = _node_of(_input(user, place))
        if name in self._assets:
            # Loaders give the path to initializers only. A signature would read the constant.
            return self._nodes[name].op == "Placeholder" or user.name not in self._answering
        node = self._nodes.get(name)
        if node is None or node.op != "ReadVariableOp":
            return False
        return _node_of(_input(node, 0)) in self._variables

    def _keeps(self, user: Any) -> bool:  # noqa: ANN401
        """Whether a node leaves an asset's path in a variable."""
        if user.op == "AssignVariableOp":
            return _node_of(_input(user, 1)) in self._assets and self.is_asset(user, 1)
        return user.op in ("ReadVariableOp", "VarIsInitializedOp")


def _tensors_of_signatures(meta: Any) -> Iterator[str]:  # noqa: ANN401
    for name, signature in meta.signature_def.items():
        if name != _INITIALIZER:
            for tensor in (*signature.inputs.values(), *signature.outputs.values()):
                yield _node_of(tensor.name)


def _started_operations(meta: Any) -> Iterator[str]:  # noqa: ANN401
    """What a loader runs: initializers, and all that a collection names."""
    if _INITIALIZER in meta.signature_def:
        for tensor in meta.signature_def[_INITIALIZER].outputs.values():
            yield _node_of(tensor.name)
    for collection in meta.collection_def.values():
        yield from map(_node_of, collection.node_list.value)


def _described(operation: str) -> str:
    if operation in READING_AN_ASSET:
        return f"the operation {operation} on a file that is no asset of the model"
    if operation in SAVING or operation == RESTORING:
        return f"the operation {operation} outside of its saver"
    return f"the operation {operation}"


def _node_of(tensor: str) -> str:
    """The node that gives a tensor: ``^name`` and ``name:0`` are both of ``name``."""
    return tensor.removeprefix("^").split(":", maxsplit=1)[0]


def _input(node: Any, place: int) -> str:  # noqa: ANN401
    """The tensor that a node takes at a place; empty if it takes none there."""
    return str(node.input[place]) if place < len(node.input) else ""


def _closure(roots: Iterable[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(following(name))
    return found


def _expansion(program: Any) -> int:  # noqa: ANN401
    """The bytes of all constants in memory."""
    total = 0
    for meta in program.meta_graphs:
        bodies = [body.node_def for body in meta.graph_def.library.function]
        for nodes in (meta.graph_def.node, *bodies):
            for node in nodes:
                for value in node.attr.values():
                    if value.HasField("tensor"):
                        size = _BYTES_OF_A_VALUE
                        for dimension in value.tensor.tensor_shape.dim:
                            size *= max(0, dimension.size)
                        total += size
    return total
