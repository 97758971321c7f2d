"""Legacy HDF5 files whose configuration names code, files, or functions that are not pure."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import tensorflow as tf
import tf_keras
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tf_keras.src.layers.rnn.cell_wrappers import ResidualWrapper
from tf_keras.src.saving.serialization_lib import SafeModeScope

from tests.hostile.marks import marker

Writer = Callable[[Path], Path]
Layers = tf_keras.layers


def _saved(model: Any, folder: Path) -> Path:
    model.save(folder / "model.h5")
    Path(marker(folder)).unlink(missing_ok=True)  # what the code did while the model was built
    return folder / "model.h5"


def _touching_cell(folder: Path) -> Any:
    place = marker(folder)

    def residual(inputs: Any, outputs: Any, place: str = place) -> Any:
        tf.io.write_file(place, "run")
        return outputs

    return ResidualWrapper(Layers.LSTMCell(3), residual_fn=residual)


def residual_function(wrap: Callable[[Any], list[Any]]) -> Writer:
    """Marshalled Python in a cell, in a layer, in what ``wrap`` puts around it."""

    def write(folder: Path) -> Path:
        cell = Layers.RNN(_touching_cell(folder), return_sequences=True)
        with SafeModeScope(safe_mode=False):  # Bidirectional copies its layer
            return _saved(tf_keras.Sequential([Layers.Input((4, 3)), *wrap(cell)]), folder)

    return write


def without_modules(write: Writer) -> Writer:
    """The same in the form of older versions, which wrote no module."""

    def older(value: Any) -> Any:
        if isinstance(value, list):
            return [older(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        newer = {"build_config", "module", "registered_name"}
        return {key: older(inner) for key, inner in value.items() if key not in newer}

    def write_older(folder: Path) -> Path:
        path = write(folder)
        with h5py.File(path, "a") as file:
            config = json.loads(file.attrs["model_config"])
            file.attrs["model_config"] = json.dumps(older(config))
        return path

    return write_older


def legacy_lambda(folder: Path) -> Path:
    double = Layers.Lambda(lambda x: x * 2, name="double")
    return _saved(tf_keras.Sequential([Layers.Input((2,)), double, Layers.Dense(1)]), folder)


def with_layer(
    change: Callable[[dict[str, Any], dict[str, Any], Path], object], *, nested: bool = False
) -> Writer:
    """A functional model ``x → relu → y``. ``change`` takes the layer, its arguments, a folder."""

    def write(folder: Path) -> Path:
        inputs = Layers.Input((2,), name="x")
        model = tf_keras.Model(inputs, Layers.Dense(1)(tf.nn.relu(inputs)))
        if nested:
            inputs = Layers.Input((2,), name="outer")
            model = tf_keras.Model(inputs, model(inputs))
        path = _saved(model, folder)
        with h5py.File(path, "a") as file:
            config = json.loads(file.attrs["model_config"])
            inner = config["config"]["layers"][1]["config"] if nested else config["config"]
            layer = inner["layers"][1]
            change(layer, layer["inbound_nodes"][0][3], folder)
            file.attrs["model_config"] = json.dumps(config)
        return path

    return write


def calling(
    function: str, *, nested: bool = False, layer: str = "TFOpLambda", **given: Any
) -> Writer:
    """A layer that calls any function of TensorFlow's interface by its name."""

    def change(config: dict[str, Any], arguments: dict[str, Any], folder: Path) -> None:
        config["class_name"] = layer
        config["config"]["function"] = function
        arguments.update(given)
        if given.get("output_stream") == "":
            arguments["output_stream"] = f"file://{marker(folder)}"

    return with_layer(change, nested=nested)


def of_class(name: str, module: str | None = None, **inner: Any) -> Writer:
    """The layer is of another class, with this configuration."""

    def change(config: dict[str, Any], arguments: dict[str, Any], folder: Path) -> None:
        config["class_name"] = name
        config["config"] = {"name": "changed", **inner}
        config["registered_name"] = None
        config["module"] = module
        if module is None:
            del config["module"], config["registered_name"]

    return with_layer(change)


def with_argument(name: str, value: Any) -> Writer:
    return of_class("Dense", "keras.layers", **{"units": 1, name: value})


def operation(node: NodeDef, *, as_text: bool) -> Writer:
    """A layer that runs one operation of TensorFlow."""
    text = node.SerializeToString().decode()
    definition: object = text if as_text else {"name": node.name, "op": node.op}
    return of_class("TensorFlowOpLayer", node_def=definition, constants={"0": "/etc/passwd"})


def lambda_in_an_activation(folder: Path) -> Path:
    write = with_argument("activation", {"class_name": "__lambda__", "config": {"value": ""}})
    return write(folder)


_READ = NodeDef(name="read", op="ReadFile", input=["path"])
_LAMBDA = "class Lambda"
_WRAPPER = "cell_wrappers:ResidualWrapper"
_OLDER_WRAPPER = "of class ResidualWrapper"
_RESIDUALS = {
    "in a layer": residual_function(lambda cell: [cell]),
    "in Bidirectional": residual_function(lambda cell: [Layers.Bidirectional(cell)]),
    "in TimeDistributed": residual_function(
        lambda cell: [Layers.Reshape((2, 2, 3)), Layers.TimeDistributed(cell)]
    ),
    "in a model in the model": residual_function(
        lambda cell: [tf_keras.Sequential([Layers.Input((4, 3)), tf_keras.Sequential([cell])])]
    ),
}
_UNKNOWN = "which is not known to only compute"
CASES: dict[str, tuple[Writer, str]] = {
    "Lambda": (legacy_lambda, "the layer 'double' of class Lambda"),
    **{f"residual_fn {place}": (write, _WRAPPER) for place, write in _RESIDUALS.items()},
    **{
        f"residual_fn {place}, of older versions": (without_modules(write), _OLDER_WRAPPER)
        for place, write in _RESIDUALS.items()
    },
    "print to a file": (calling("print", output_stream=""), "calls tf.print"),
    "print of version 1": (calling("compat.v1.print", output_stream=""), "calls tf.compat.v1"),
    "print in a model in the model": (calling("print", nested=True, output_stream=""), "tf.print"),
    **{
        f"{layer} {function}": (calling(function, layer=layer), f"calls tf.{function}")
        for layer, function in (
            ("SlicingOpLambda", "print"),
            ("SlicingOpLambda", "io.write_file"),
            *(
                ("TFOpLambda", function)
                for function in (
                    "io.write_file",
                    "compat.v1.io.write_file",
                    "io.read_file",
                    "compat.v1.read_file",
                    "io.matching_files",
                    "io.write_graph",
                    "io.decode_proto",
                    "io.TFRecordWriter",
                    "io.gfile.GFile",
                    "data.TFRecordDataset",
                    "py_function",
                    "compat.v1.py_func",
                    "numpy_function",
                    "map_fn",
                    "load_op_library",
                    "load_library",
                    "import_graph_def",
                    "saved_model.load",
                    "keras.utils.get_file",
                    "keras.models.load_model",
                    "keras.backend.set_floatx",
                    "summary.create_file_writer",
                    "debugging.experimental.enable_dump_debug_info",
                    "nn.fixed_unigram_candidate_sampler",
                    "raw_ops.ReadFile",
                    "ragged.map_flat_values",
                    "",
                )
            ),
        )
    },
    "ClassMethod of a writer": (
        of_class("ClassMethod", cls_symbol="io.TFRecordWriter", method_name="__call__"),
        "calls tf.io.TFRecordWriter.__call__",
    ),
    "ClassMethod out of the list": (
        of_class("ClassMethod", cls_symbol="RaggedTensor", method_name="__init_subclass__"),
        "calls tf.RaggedTensor.__init_subclass__",
    ),
    "InstanceMethod": (of_class("InstanceMethod", attr_name="eval"), "takes the attribute eval"),
    "InstanceProperty": (
        of_class("InstanceProperty", attr_name="__class__"),
        "takes the attribute __class__",
    ),
    "operation ReadFile": (operation(_READ, as_text=True), "runs the operation ReadFile"),
    "operation ReadFile in a dict": (operation(_READ, as_text=False), "the operation ReadFile"),
    "operation that is unreadable": (
        of_class("TensorFlowOpLayer", node_def="\x01\x02"),
        "runs the operation (unreadable)",
    ),
    "vocabulary at a path": (
        of_class("StringLookup", vocabulary="/etc/passwd"),
        "the path '/etc/passwd' as 'vocabulary'",
    ),
    "vocabulary of numbers at a path": (
        of_class("IntegerLookup", "keras.layers", vocabulary="/etc/passwd"),
        "the path '/etc/passwd' as 'vocabulary'",
    ),
    "vocabulary of texts at a path": (
        of_class("TextVectorization", vocabulary="words.txt"),
        "the path 'words.txt' as 'vocabulary'",
    ),
    "vocabulary of a column": (of_class("DenseFeatures", feature_columns=[]), _UNKNOWN),
    "activation of another name": (with_argument("activation", "deserialize"), "deserialize"),
    "activation in marshalled code": (lambda_in_an_activation, "__lambda__"),
    "initializer of another name": (with_argument("kernel_initializer", "get"), "the kernel_"),
    **{
        f"class {module}:{name}": (of_class(name, module), _UNKNOWN)
        for name, module in (
            ("system", "os"),
            ("main", "idlelib.idle"),  # would be imported
            ("Popen.communicate", "subprocess"),
            ("load_model", "keras.models"),
            ("get_file", "keras.utils"),
            ("DropoutWrapper", None),
            ("DeviceWrapper", "keras.layers"),
            ("_RNNCellWrapper", None),
            ("LinearModel", None),
            ("custom>Lambda", None),
        )
    },
    "Lambda of a module": (of_class("Lambda", "keras.layers"), _LAMBDA),
    "Lambda where it is defined": (
        of_class("Lambda", "keras.layers.core.lambda_layer"),
        _LAMBDA,
    ),
    "more units than bytes": (with_argument("units", 10**9), "cannot hold"),
}
