"""What the signatures of a SavedModel take and answer. Imported only by the TensorFlow engine.

A graph of TensorFlow 1 may leave the shape of its serialized ``tf.Example`` records open, as that
of TensorFlow Serving's own example does. Then nothing behind them has a known rank. Servers feed a
vector there, so the shapes of such a graph are inferred again for a vector.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from inference.errors import BrokenModelError
from inference.signatures import PREDICT, DType, Signature, TensorSpec

PARSING = frozenset({"ParseExample", "ParseExampleV2"})  # what reads serialized examples
_SERVED_DTYPES = frozenset(get_args(DType))


def read_program(folder: Path) -> Any:  # noqa: ANN401 - a protobuf message
    """``saved_model.pb``. Raises :class:`BrokenModelError` if there is none that can be read."""
    program = SavedModel()
    try:
        program.ParseFromString((folder / "saved_model.pb").read_bytes())
    except (OSError, DecodeError) as error:
        raise BrokenModelError(
            f"{folder.name} has a damaged, truncated or missing saved_model.pb"
        ) from error
    if not program.meta_graphs:
        raise BrokenModelError(f"{folder.name} has an empty saved_model.pb")
    return program


def describe(
    program: Any,  # noqa: ANN401 - a protobuf message
    functions: Mapping[str, Any],
) -> tuple[dict[str, Signature], dict[str, str]]:
    """The signatures that can be served, and why others cannot, each by name."""
    meta = served_graph(program)
    known = _Shapes(meta)
    signatures, skipped = {}, {}
    for name, function in sorted(functions.items()):
        try:
            signatures[name] = _describe(name, function, meta, known)
        except (ValueError, AttributeError) as error:
            skipped[name] = str(error).splitlines()[0][:200]
    return signatures, skipped


def served_graph(program: Any) -> Any:  # noqa: ANN401
    """The graph that TensorFlow loads where no tags are named: the one for serving."""
    for meta in program.meta_graphs:
        if tf.saved_model.SERVING in meta.meta_info_def.tags:
            return meta
    return program.meta_graphs[0]


def with_vectors_of_examples(graph_def: Any) -> Any | None:  # noqa: ANN401
    """The graph with a vector wherever examples of unknown shape are read; None if nowhere."""
    nodes = {node.name: node for node in graph_def.node}
    read = {node.input[0].split(":")[0] for node in nodes.values() if node.op in PARSING}
    unshaped = [name for name in sorted(read & nodes.keys()) if _is_unshaped(nodes[name])]
    if not unshaped:
        return None
    shaped = type(graph_def)()
    shaped.CopyFrom(graph_def)
    for node in shaped.node:
        node.attr.pop("_output_shapes", None)
        if node.name in unshaped:
            node.attr["shape"].shape.CopyFrom(tf.TensorShape([None]).as_proto())
    return shaped


def _is_unshaped(node: Any) -> bool:  # noqa: ANN401
    return bool(node.op == "Placeholder" and node.attr["shape"].shape.unknown_rank)


class _Shapes:
    """The inferred shapes of a graph's tensors; asked only for what has none in its function."""

    def __init__(self, meta: Any) -> None:  # noqa: ANN401
        self._meta = meta
        self._graph: tf.Graph | None = None

    def of(self, tensor: str) -> tf.TensorShape:
        """The shape of a tensor by its name in the graph."""
        if self._graph is None:
            self._graph = tf.Graph()
            graph_def = with_vectors_of_examples(self._meta.graph_def)
            if graph_def is not None:
                with self._graph.as_default():
                    tf.graph_util.import_graph_def(graph_def, name="")
        try:
            return self._graph.get_tensor_by_name(tensor).shape
        except KeyError:  # it was not read again
            return tf.TensorShape(None)


def _describe(name: str, function: Any, meta: Any, known: _Shapes) -> Signature:  # noqa: ANN401
    """Sorted by name, because the order of a SavedModel's names changes from load to load."""
    definition = meta.signature_def.get(name)

    def specs(kind: str, tensors: Mapping[str, Any]) -> dict[str, TensorSpec]:
        described = {}
        for key, tensor in sorted(tensors.items()):
            shape = tensor.shape
            if shape.rank is None and definition is not None:
                shape = known.of(getattr(definition, kind)[key].name)
            try:
                described[key] = spec_of(tf.TensorSpec(shape, tensor.dtype))
            except ValueError as error:
                raise ValueError(f"'{key}' of its {kind} {error}") from error
        return described

    return Signature(
        inputs=specs("inputs", function.structured_input_signature[1]),
        outputs=specs("outputs", function.structured_outputs),
        method=(definition.method_name if definition is not None else "") or PREDICT,
    )


def describe_function(function: Any) -> Signature:  # noqa: ANN401 - TensorFlow has no types
    """The signature of a concrete function, sorted by name. Raises what :func:`spec_of` raises."""
    inputs = dict(sorted(function.structured_input_signature[1].items()))
    outputs = dict(sorted(function.structured_outputs.items()))
    return Signature(
        inputs={name: spec_of(tensor) for name, tensor in inputs.items()},
        outputs={name: spec_of(tensor) for name, tensor in outputs.items()},
    )


def spec_of(tensor: tf.TensorSpec) -> TensorSpec:
    """The same in this project's terms.

    Raises ``ValueError`` for a tensor of unknown rank, or of a dtype that no dialect carries.
    """
    if tensor.shape.rank is None:
        raise ValueError("has an unknown number of dimensions; save it with a tf.TensorSpec")
    if tensor.dtype.name not in _SERVED_DTYPES:
        raise ValueError(f"is {tensor.dtype.name}, which no request can carry")
    return TensorSpec.model_validate(
        {
            "dtype": tensor.dtype.name,
            "shape": tuple(-1 if size is None else size for size in tensor.shape),
        }
    )
