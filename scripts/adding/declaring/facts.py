"""What a Keras model tells of its inputs and outputs: the layers at their ends, and the loss."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import tensorflow as tf

from scripts.adding.declaring.proposing import Facts, InputFacts, OutputFacts
from scripts.adding.keras_models import valid_names

# Layers that leave the values as they are, in another form.
_PASSES = frozenset(
    {"InputLayer", "Reshape", "Flatten", "Dropout", "Identity", "Cast", "ExpandDims", "Squeeze"}
)
_ACTIVATIONS = {"Softmax": "softmax", "Sigmoid": "sigmoid", "ReLU": "relu", "Relu": "relu"}
_LARGEST_CONFIG = 100_000_000  # bytes; real ones have less than a hundredth of it


def facts_of(model: Any, config: Mapping[str, Any] | None = None) -> Facts:
    """The facts of a model of Keras 3 or 2. ``config``: see :func:`compile_config_of`.

    Nothing is known of a model that is no graph of layers.
    """
    graph = _graph_of(model)
    if not getattr(graph, "inputs", None) or not getattr(graph, "outputs", None):
        return Facts()
    inputs = getattr(graph, "_inputs_struct", getattr(graph, "_nested_inputs", graph.inputs))
    outputs = getattr(graph, "_outputs_struct", getattr(graph, "_nested_outputs", graph.outputs))
    input_tensors, output_tensors = tf.nest.flatten(inputs), tf.nest.flatten(outputs)
    input_names = (
        sorted(inputs)
        if isinstance(inputs, dict)
        else getattr(graph, "input_names", None) or [tensor.name for tensor in input_tensors]
    )
    output_names = sorted(outputs) if isinstance(outputs, dict) else graph.output_names
    return Facts(
        inputs={
            name: _input_facts(tensor)
            for name, tensor in zip(valid_names(input_names), input_tensors, strict=True)
        },
        outputs={
            name: _output_facts(tensor, loss)
            for name, tensor, loss in zip(
                valid_names(output_names),
                output_tensors,
                _losses(config, output_names),
                strict=True,
            )
        },
    )


def _graph_of(model: Any) -> Any:
    if isinstance(model, keras.Sequential):
        return model._functional if model.built else None  # noqa: SLF001
    return model


def _input_facts(tensor: Any) -> InputFacts:
    readers = list(_readers(tensor))
    tokens = [
        layer.mask_token
        for layer in readers
        if type(layer).__name__ in ("StringLookup", "IntegerLookup")
        and layer.mask_token is not None
    ]
    return InputFacts(
        frozenset(type(layer).__name__ for layer in readers), next(iter(tokens), None)
    )


def _readers(tensor: Any) -> Iterator[Any]:
    """The layers that read a tensor first, also within models that read it."""
    layer = _source(tensor)[0]
    for node in layer._outbound_nodes:  # noqa: SLF001 - both generations have it
        reader = getattr(node, "operation", None) or node.layer
        given = getattr(node, "input_tensors", None)
        given = tf.nest.flatten(node.keras_inputs if given is None else given)
        places = [place for place, other in enumerate(given) if other is tensor]
        if not places:
            continue
        if hasattr(reader, "layers"):
            inner = getattr(_graph_of(reader), "inputs", None) or []
            for place in places:
                if place < len(inner):
                    yield from _readers(inner[place])
        elif type(reader).__name__ in _PASSES:
            yield from _readers(tf.nest.flatten(node.outputs)[0])
        else:
            yield reader


def _source(tensor: Any) -> tuple[Any, int, int]:
    """The layer that made a tensor, at which of its calls, and at which of its outputs."""
    history = tensor._keras_history  # noqa: SLF001
    layer = getattr(history, "operation", None) or history.layer
    return layer, history.node_index, history.tensor_index


def _output_facts(tensor: Any, loss: tuple[str | None, bool]) -> OutputFacts:
    name, from_logits = loss
    return OutputFacts(_activation(tensor), name, from_logits)


def _activation(tensor: Any) -> str | None:
    """The last activation on the way to a tensor. None where it is not known."""
    layer, node_index, tensor_index = _source(tensor)
    kind = type(layer).__name__
    if hasattr(layer, "layers"):
        return _activation(tf.nest.flatten(_graph_of(layer).outputs)[tensor_index])
    if kind == "TFOpLambda":
        return {"tf.nn.softmax": "softmax", "tf.math.sigmoid": "sigmoid"}.get(
            layer.get_config()["function"].removeprefix("compat.v1.")
        )
    if kind in _ACTIVATIONS:
        return _ACTIVATIONS[kind]
    found = getattr(layer, "activation", None)
    name = getattr(found, "__name__", None)
    if kind in _PASSES or (kind == "Activation" and name == "linear"):
        node = layer._inbound_nodes[node_index]  # noqa: SLF001
        given = getattr(node, "input_tensors", None)
        given = tf.nest.flatten(node.keras_inputs if given is None else given)
        return _activation(given[0]) if given and given[0] is not tensor else None
    return str(name) if name else None


def _losses(config: Mapping[str, Any] | None, names: list[str]) -> list[tuple[str | None, bool]]:
    """The loss of each output, by name or by place."""
    loss = (config or {}).get("loss")
    if isinstance(loss, dict) and "class_name" not in loss:
        return [_loss(loss.get(name)) for name in names]
    if isinstance(loss, list) and len(loss) == len(names):
        return [_loss(each) for each in loss]
    return [_loss(loss if len(names) == 1 else None)] * len(names)


def _loss(config: Any) -> tuple[str | None, bool]:
    """Its name in snake case, and whether it takes logits."""
    config = {"class_name": config} if isinstance(config, str) else config
    if not isinstance(config, dict):
        return None, False
    arguments = config.get("config")
    # Keras 3 writes a function as {"class_name": "function", "config": its name}.
    name = arguments if config.get("class_name") == "function" else config.get("class_name")
    if not isinstance(name, str):
        return None, False
    logits = isinstance(arguments, dict) and arguments.get("from_logits") is True
    return _snake_case(name), logits


def _snake_case(name: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("_")


def compile_config_of(path: Path) -> dict[str, Any]:
    """What a Keras file says of its training; nothing is loaded from it. Empty: nothing."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if archive.getinfo("config.json").file_size > _LARGEST_CONFIG:
                    return {}
                found = json.loads(archive.read("config.json")).get("compile_config")
        elif h5py.is_hdf5(path):
            with h5py.File(path) as file:
                found = json.loads(file.attrs.get("training_config", "{}"))
        else:
            return {}
    except (OSError, KeyError, ValueError, AttributeError, zipfile.BadZipFile):
        return {}  # the loss is a hint, and whoever loads the file tells what is wrong with it
    return found if isinstance(found, dict) else {}
