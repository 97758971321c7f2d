"""``.keras`` archives of Keras 2 that name code, files, or functions that are not pure."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tf_keras

from tests.hostile.marks import marker
from tests.originals.old_keras_files import branched, with_config

Writer = Callable[[Path], Path]
Layers = tf_keras.layers
_DENSE, _FUNCTION = "species", "tf.math.multiply"


def with_layer(name: str, change: Callable[[dict[str, Any], Path], object]) -> Writer:
    """A model of Keras 2 with this layer changed."""

    def write(folder: Path) -> Path:
        branched().save(folder / "model.keras")

        def change_model(config: Any) -> None:
            found = [
                layer for layer in config["config"]["layers"] if layer["name"].startswith(name)
            ]
            change(found[0], folder)

        return with_config(folder / "model.keras", change_model, "2.15.0")

    return write


def of_class(name: str, module: str | None, registered: str | None = None) -> Writer:
    changed = {"class_name": name, "module": module, "registered_name": registered}
    return with_layer(_DENSE, lambda layer, _: layer.update(changed))


def with_argument(name: str, value: Any) -> Writer:
    return with_layer(_DENSE, lambda layer, _: layer["config"].update({name: value}))


def calling(function: str) -> Writer:
    def change(layer: dict[str, Any], folder: Path) -> None:
        layer["config"]["function"] = function
        layer["inbound_nodes"][0][3] |= {"output_stream": f"file://{marker(folder)}"}

    return with_layer(_FUNCTION, change)


def lambda_layer(folder: Path) -> Path:
    double = Layers.Lambda(lambda x: x * 2, name="double")
    model = tf_keras.Sequential([Layers.Input((2,)), double, Layers.Dense(1)])
    model.save(folder / "model.keras")
    return folder / "model.keras"


def compiled_in_the_model(folder: Path) -> Path:
    """Marshalled code as the loss of a model in the model, which Keras would compile."""
    branched().save(folder / "model.keras")

    def change(config: Any) -> None:
        inner = next(x for x in config["config"]["layers"] if x["class_name"] == "Sequential")
        code = {"class_name": "__lambda__", "module": "builtins", "config": {"value": ["", None]}}
        inner["config"]["layers"][1]["config"]["activity_regularizer"] = code

    return with_config(folder / "model.keras", change)


def with_member(name: str) -> Writer:
    def write(folder: Path) -> Path:
        branched().save(folder / "model.keras")
        with zipfile.ZipFile(folder / "model.keras", "a") as archive:
            archive.writestr(name, json.dumps({}))
        return folder / "model.keras"

    return write


_UNKNOWN = "which is not known to only compute"
_CODE = {"class_name": "__lambda__", "module": "builtins", "config": {"value": ["", None, None]}}
_TYPE = {"class_name": "__typespec__", "module": "os", "spec_name": "system", "config": ["true"]}
_IMPORTED = {"class_name": "function", "module": "idlelib.idle", "config": "main"}
CASES: dict[str, tuple[Writer, str]] = {
    "Lambda": (lambda_layer, "the layer 'double' of class Lambda"),
    "residual function": (
        of_class("ResidualWrapper", "keras.src.layers.rnn.cell_wrappers"),
        "cell_wrappers:ResidualWrapper",
    ),
    "code as an argument": (with_argument("activation", _CODE), "class __lambda__"),
    "code in a model in the model": (compiled_in_the_model, "class __lambda__"),
    "type of another module": (with_argument("activation", _TYPE), "class os:__typespec__"),
    "function of another module": (
        with_argument("activation", {**_IMPORTED, "registered_name": "main"}),
        "the function idlelib.idle:main",
    ),
    "function under another name": (
        with_argument(
            "activation",
            {**_IMPORTED, "module": "builtins", "config": "relu", "registered_name": "get"},
        ),
        "the function builtins:relu",
    ),
    **{
        f"class {module}:{name}": (of_class(name, module), _UNKNOWN)
        for module, name in (
            ("os", "system"),
            ("idlelib.idle", "main"),
            ("keras.models", "load_model"),
            ("keras.src.engine.functional", "reconstruct_from_config"),
            ("keras.engine.functional", "get_network_config"),
            ("keras.src.saving.saving_lib", "load_model"),
            ("tf_keras.src.utils.data_utils", "get_file"),
        )
    },
    "registered under another name": (of_class("Dense", "keras.layers", "x>y"), _UNKNOWN),
    **{
        f"function {function}": (calling(function), f"calls tf.{function}")
        for function in ("print", "io.write_file", "py_function", "keras.utils.get_file")
    },
    "vocabulary at a path": (with_argument("vocabulary", "/etc/passwd"), "the path '/etc/passwd'"),
    "pickled weights": (with_member("model.weights.npz"), "which Keras does not write: refused"),
    "parent folder": (with_member("assets/../../out"), "a path out of its folder: refused"),
}
