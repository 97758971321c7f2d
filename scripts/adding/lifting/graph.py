"""The graph of a Keras model of either generation, as one list of calls.

A nested model that holds a preprocessing layer is opened: its calls stand in the list as if they
were the outer model's own. Any other nested model is one call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf
import tf_keras

# A tensor of the graph: the ids of the calls of nested models around it, then its own. A nested
# model that is called twice has each tensor twice.
Key = tuple[int, ...]


@dataclass(frozen=True)
class GraphCall:
    """One call of a layer or an operation."""

    operation: Any
    arguments: tuple[tuple[Any, ...], dict[str, Any]]  # as given, with symbolic tensors
    inputs: tuple[Key, ...]
    outputs: tuple[Key, ...]
    compute: Callable[[Mapping[Key, Any]], list[Any]]  # the outputs, from the tensors so far

    @property
    def name(self) -> str:
        """What its author called it."""
        return str(self.operation.name)

    @property
    def kind(self) -> str:
        """The class of the layer or operation."""
        return type(self.operation).__name__


@dataclass
class Graph:
    """Calls in an order in which they can be computed."""

    inputs: list[Key] = field(default_factory=list)
    outputs: list[Key] = field(default_factory=list)
    calls: list[GraphCall] = field(default_factory=list)
    tensors: dict[Key, Any] = field(default_factory=dict)  # symbolic, with shape and dtype


@dataclass(frozen=True)
class _Node:
    """A call as one generation of Keras records it."""

    operation: Any
    arguments: tuple[tuple[Any, ...], dict[str, Any]]
    tensors: list[Any]  # symbolic, of the arguments
    outputs: list[Any]
    fill: Callable[[dict[int, Any]], tuple[Any, dict[str, Any]]]  # tensors by id, to arguments


def graph_of(model: Any, is_opened: Callable[[Any], bool]) -> Graph | None:
    """The graph; None for a model that has none. ``is_opened`` tells it of nested models."""
    functional = functional_of(model)
    if functional is None:
        return None
    graph = Graph()
    bound: dict[int, Key] = {}
    for tensor in tf.nest.flatten(_inputs_of(functional)):
        bound[id(tensor)] = (id(tensor),)
        graph.inputs.append(bound[id(tensor)])
        graph.tensors[bound[id(tensor)]] = tensor
    graph.outputs = _add(graph, functional, bound, (), is_opened)
    return graph


def functional_of(model: Any) -> Any:
    """The model that has the graph: itself, or what a Sequential keeps; None if there is none."""
    if isinstance(model, keras.Sequential):
        return model._functional if model.built else None  # noqa: SLF001
    if isinstance(model, keras.Model):
        return model if isinstance(model, keras.src.models.Functional) else None
    is_graph = isinstance(model, tf_keras.Model) and model._is_graph_network  # noqa: SLF001
    return model if is_graph else None


def _inputs_of(functional: Any) -> Any:
    if isinstance(functional, keras.Model):
        return functional._inputs_struct  # noqa: SLF001
    return functional._nested_inputs  # noqa: SLF001


def _add(
    graph: Graph,
    functional: Any,
    bound: dict[int, Key],
    scope: tuple[int, ...],
    is_opened: Callable[[Any], bool],
) -> list[Key]:
    """Add the calls of a model, of which the inputs are bound. Returns its outputs."""
    by_depth = functional._nodes_by_depth  # noqa: SLF001
    for depth in sorted(by_depth, reverse=True):
        for recorded in by_depth[depth]:
            if recorded.is_input:
                continue
            node = _node(recorded)
            if any(id(tensor) not in bound for tensor in node.tensors):
                continue  # of another model that uses the same layer
            keys = _open(graph, node, bound, scope, is_opened)
            if keys is None:
                keys = [(*scope, id(tensor)) for tensor in node.outputs]
                graph.calls.append(_call(node, bound, keys))
                graph.tensors.update(zip(keys, node.outputs, strict=True))
            bound.update(zip(map(id, node.outputs), keys, strict=True))
    return [bound[id(tensor)] for tensor in functional.outputs]


def _call(node: _Node, bound: Mapping[int, Key], keys: Sequence[Key]) -> GraphCall:
    needed = {id(tensor): bound[id(tensor)] for tensor in node.tensors}

    def compute(values: Mapping[Key, Any]) -> list[Any]:
        args, kwargs = node.fill({tensor: values[key] for tensor, key in needed.items()})
        return run(node.operation, *args, **kwargs)

    inputs = tuple(bound[id(tensor)] for tensor in node.tensors)
    return GraphCall(node.operation, node.arguments, inputs, tuple(keys), compute)


def run(operation: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """Call it as a model does that is not trained."""
    legacy = getattr(operation, "_expects_training_arg", False)
    # A legacy layer that was called with training=True keeps it, also in the original.
    if getattr(operation, "_call_has_training_arg", legacy and kwargs.get("training") is None):
        kwargs["training"] = False
    return list(tf.nest.flatten(operation(*args, **kwargs)))


def _open(
    graph: Graph,
    node: _Node,
    bound: dict[int, Key],
    scope: tuple[int, ...],
    is_opened: Callable[[Any], bool],
) -> list[Key] | None:
    """Add the calls inside a nested model; None if it stays one call."""
    if not is_opened(node.operation) or len(node.outputs) != len(set(map(id, node.outputs))):
        return None
    inner_scope = (*scope, id(node.outputs[0]))
    if isinstance(node.operation, keras.layers.Pipeline):
        return _open_pipeline(graph, node, bound, inner_scope)
    functional = functional_of(node.operation)
    if functional is None:
        return None
    pairs = _pairs(functional, node)
    if pairs is None or any(_differ(inner, outer) for inner, outer in pairs):
        return None  # Keras casts and reshapes between them
    inside = {id(inner): bound[id(outer)] for inner, outer in pairs}
    return _add(graph, functional, inside, inner_scope, is_opened)


def _open_pipeline(
    graph: Graph, node: _Node, bound: dict[int, Key], scope: tuple[int, ...]
) -> list[Key] | None:
    """Each layer of a Pipeline is called with the output of the one before."""
    layers = node.operation.layers
    if len(node.tensors) != 1 or len(node.outputs) != 1 or not layers:
        return None
    (before,), tensor = (bound[id(tensor)] for tensor in node.tensors), node.tensors[0]
    for place, layer in enumerate(layers):
        after = (*scope, place)

        def compute(values: Mapping[Key, Any], layer: Any = layer, key: Key = before) -> list[Any]:
            return run(layer, values[key])

        arguments = ((tensor,), dict[str, Any]())
        graph.calls.append(GraphCall(layer, arguments, (before,), (after,), compute))
        tensor = layer.compute_output_spec(tensor)
        graph.tensors[after] = tensor
        before = after
    return [before]


def _pairs(functional: Any, node: _Node) -> list[tuple[Any, Any]] | None:
    """Each input of a nested model, with the tensor that it is called with."""
    inner = _inputs_of(functional)
    given = only_argument(node.arguments)
    if given is None:
        return None
    if isinstance(given, dict) and not isinstance(inner, dict):
        by_name = {tensor.name: tensor for tensor in tf.nest.flatten(inner)}
        if by_name.keys() > given.keys():
            return None
        return [(tensor, given[name]) for name, tensor in by_name.items()]
    if isinstance(given, dict) != isinstance(inner, dict):
        return None
    inner_tensors, given_tensors = tf.nest.flatten(inner), tf.nest.flatten(given)
    if len(inner_tensors) != len(given_tensors):
        return None
    return list(zip(inner_tensors, given_tensors, strict=True))


def _differ(inner: Any, outer: Any) -> bool:
    return len(inner.shape) != len(outer.shape) or tf.as_dtype(inner.dtype) != tf.as_dtype(
        outer.dtype
    )


def only_argument(arguments: tuple[tuple[Any, ...], dict[str, Any]]) -> Any:
    """The one argument of a call; None where it has more of them, such as a mask."""
    (given, *others), kwargs = arguments
    more = [value for key, value in kwargs.items() if key != "training"]
    return given if all(value is None for value in tf.nest.flatten([others, more])) else None


def _node(recorded: Any) -> _Node:
    if isinstance(recorded, keras.src.ops.node.Node):
        arguments = recorded.arguments
        return _Node(
            recorded.operation,
            (tuple(arguments.args), dict(arguments.kwargs)),
            list(recorded.input_tensors),
            list(recorded.outputs),
            arguments.fill_in,
        )

    def fill(tensors: dict[int, Any]) -> tuple[Any, dict[str, Any]]:
        times = len(recorded.keras_inputs)  # the mapping takes one from the list for each use
        filled: tuple[Any, dict[str, Any]] = recorded.map_arguments(
            {str(key): [value] * times for key, value in tensors.items()}
        )
        return filled

    return _Node(
        recorded.layer,
        (tuple(recorded.call_args), dict(recorded.call_kwargs)),
        list(recorded.keras_inputs),
        list(tf.nest.flatten(recorded.outputs)),
        fill,
    )
