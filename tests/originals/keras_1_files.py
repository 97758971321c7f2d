"""HDF5 files in the names and with the weights of Keras 1.2: written by ``tf_keras``, changed."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tf_keras
from numpy.typing import NDArray

from tests.originals.written import Written, single

layers = tf_keras.layers


def keras_1_hdf5(folder: Path) -> Written:
    """Sequences, in the names and with the weights that Keras 1.2 wrote."""
    model = tf_keras.Sequential(
        [
            layers.Conv1D(5, 3, padding="same", activation="relu", input_shape=(8, 4), name="conv"),
            layers.MaxPooling1D(2, name="pool"),
            layers.LSTM(6, recurrent_activation="hard_sigmoid", return_sequences=True, name="lstm"),
            layers.Dropout(0.5, name="drop"),
            layers.Bidirectional(
                layers.GRU(3, recurrent_activation="hard_sigmoid", reset_after=False, name="gru"),
                name="both",
            ),
            layers.BatchNormalization(name="norm"),
            layers.Dense(2, activation="softmax", name="class"),
        ]
    )
    random = np.random.default_rng(1)
    model.set_weights(
        [abs(random.normal(0.0, 0.4, weight.shape)) for weight in model.get_weights()]
    )
    model.save(folder / "sequences.h5")
    with h5py.File(folder / "sequences.h5", "r+") as file:
        file.attrs["keras_version"] = "1.2.2"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": _SEQUENTIAL})
        weights = file["model_weights"]
        for name in ("keras_version", "backend"):
            del weights.attrs[name]
        for layer, old in (("conv", _conv_of_keras_1), ("lstm", _lstm), ("both", _both)):
            _replace(weights[layer], old(_values(weights[layer])))
    return folder / "sequences.h5", single(model, "conv_input", "class")


def keras_1_images(folder: Path) -> Written:
    """A functional model with images that meet, in the names of Keras 1.2."""
    image = layers.Input((6, 6, 2), name="image")
    left = layers.Conv2D(3, (3, 2), padding="same", activation="relu", name="left")(image)
    right = layers.Conv2D(3, (1, 1), strides=(1, 1), use_bias=False, name="right")(image)
    x = layers.MaxPooling2D((2, 2), name="pool")(layers.Add(name="sum")([left, right]))
    x = layers.ZeroPadding2D(((1, 0), (0, 2)), name="pad")(x)
    model = tf_keras.Model(image, layers.Dense(2, name="class")(layers.Flatten(name="flat")(x)))
    model.save(folder / "images.h5")
    with h5py.File(folder / "images.h5", "r+") as file:
        file.attrs["keras_version"] = "1.2.2"
        file.attrs["model_config"] = json.dumps({"class_name": "Model", "config": _FUNCTIONAL})
        del file["model_weights"].attrs["keras_version"]
    return folder / "images.h5", single(model, "image", "class")


def _values(group: h5py.Group) -> list[NDArray[Any]]:
    return [group[name][...] for name in group.attrs["weight_names"]]


def _replace(group: h5py.Group, values: list[NDArray[Any]]) -> None:
    names = [f"{place}_old" for place in range(len(values))]
    for name, value in zip(names, values, strict=True):
        group[name] = value
    group.attrs["weight_names"] = [name.encode() for name in names]


def _conv_of_keras_1(values: list[NDArray[Any]]) -> list[NDArray[Any]]:
    return [values[0][:, None], values[1]]


def _split(values: list[NDArray[Any]], order: tuple[int, ...]) -> list[NDArray[Any]]:
    """The gates, each with its three arrays."""
    parts = [np.split(value, len(order), axis=-1) for value in values]
    return [part[place] for place in order for part in parts]


def _lstm(values: list[NDArray[Any]]) -> list[NDArray[Any]]:
    return _split(values, (0, 2, 1, 3))  # i, c, f, o


def _both(values: list[NDArray[Any]]) -> list[NDArray[Any]]:
    return _split(values[:3], (0, 1, 2)) + _split(values[3:], (0, 1, 2))


def _layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, "trainable": True, **config}}


def _recurrent(units: int, **config: Any) -> dict[str, Any]:
    training = {"W_regularizer": None, "U_regularizer": None, "b_regularizer": None}
    return {
        **training,
        "output_dim": units,
        "init": "glorot_uniform",
        "inner_init": "orthogonal",
        "activation": "tanh",
        "inner_activation": "hard_sigmoid",
        "dropout_W": 0.0,
        "dropout_U": 0.0,
        "return_sequences": False,
        "go_backwards": False,
        "stateful": False,
        "unroll": False,
        "consume_less": "cpu",
        "input_dim": 6,
        "input_length": None,
        **config,
    }


_DENSE = {
    "output_dim": 2,
    "init": "glorot_uniform",
    "bias": True,
    "input_dim": None,
    "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01},
    "b_regularizer": None,
    "activity_regularizer": None,
    "W_constraint": None,
    "b_constraint": None,
}
_SEQUENTIAL = [
    _layer(
        "Convolution1D",
        "conv",
        batch_input_shape=[None, 8, 4],
        input_dtype="float32",
        nb_filter=5,
        filter_length=3,
        init="glorot_uniform",
        activation="relu",
        border_mode="same",
        subsample_length=1,
        bias=True,
        input_dim=4,
        input_length=8,
        W_regularizer=None,
    ),
    _layer("MaxPooling1D", "pool", pool_length=2, stride=2, border_mode="valid"),
    _layer("LSTM", "lstm", **_recurrent(6, return_sequences=True, forget_bias_init="one")),
    _layer("Dropout", "drop", p=0.5),
    _layer(
        "Bidirectional", "both", merge_mode="concat", layer=_layer("GRU", "gru", **_recurrent(3))
    ),
    _layer(
        "BatchNormalization",
        "norm",
        epsilon=0.001,
        mode=0,
        axis=-1,
        momentum=0.99,
        gamma_regularizer=None,
        beta_regularizer=None,
    ),
    _layer("Dense", "class", activation="softmax", **_DENSE),
]


def _node(layer: dict[str, Any], *inbound: str) -> dict[str, Any]:
    nodes = [[[name, 0, 0] for name in inbound]] if inbound else []
    return {"name": layer["config"]["name"], "inbound_nodes": nodes, **layer}


def _convolution(name: str, rows: int, columns: int, **config: Any) -> dict[str, Any]:
    usual = {"nb_filter": 3, "nb_row": rows, "nb_col": columns, "dim_ordering": "tf"}
    usual |= {"subsample": [1, 1], "activation": "linear", "border_mode": "valid"}
    return _layer("Convolution2D", name, **{**usual, "bias": True, "init": "he_normal", **config})


_MERGE = {
    "mode": "sum",
    "mode_type": "raw",
    "concat_axis": -1,
    "dot_axes": -1,
    "output_shape": None,
    "output_shape_type": "raw",
    "output_mask": None,
    "output_mask_type": "raw",
    "arguments": {},
}
_FUNCTIONAL = {
    "name": "model_1",
    "layers": [
        _node(
            {
                "class_name": "InputLayer",
                "config": {
                    "name": "image",
                    "batch_input_shape": [None, 6, 6, 2],
                    "input_dtype": "float32",
                    "sparse": False,
                },
            }
        ),
        _node(_convolution("left", 3, 2, activation="relu", border_mode="same"), "image"),
        _node(_convolution("right", 1, 1, bias=False), "image"),
        _node({"class_name": "Merge", "config": {"name": "sum", **_MERGE}}, "left", "right"),
        _node(
            _layer(
                "MaxPooling2D",
                "pool",
                pool_size=[2, 2],
                strides=[2, 2],
                border_mode="valid",
                dim_ordering="tf",
            ),
            "sum",
        ),
        _node(_layer("ZeroPadding2D", "pad", padding=[1, 0, 0, 2], dim_ordering="tf"), "pool"),
        _node(_layer("Flatten", "flat"), "pad"),
        _node(_layer("Dense", "class", activation="linear", **_DENSE), "flat"),
    ],
    "input_layers": [["image", 0, 0]],
    "output_layers": [["class", 0, 0]],
}
