"""Configurations of Keras 3 that name code, files, or other programs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tests.hostile.archives import rewritten
from tests.hostile.marks import marker

Writer = Callable[[Path], Path]


def _touch(place: str) -> Callable[..., object]:
    # A Lambda's default arguments are stored with its code.
    return lambda x, place=place: tf.io.write_file(place, "run") or x


def _lambda_config(folder: Path) -> dict[str, Any]:
    """How Keras writes a Lambda that writes a file."""
    layer = keras.layers.Lambda(_touch(marker(folder)), output_shape=(8,), name="writes")
    config: dict[str, Any] = keras.saving.serialize_keras_object(layer)
    return config


def with_layer(change: Callable[[dict[str, Any], Path], object], *, nested: bool = False) -> Writer:
    """The second layer of a model is changed, or that of a model in the model."""

    def write(folder: Path) -> Path:
        def change_model(config: Any) -> None:
            layers = config["config"]["layers"]
            change(layers[1], folder)
            if nested:
                inner = {**config, "config": {**config["config"], "layers": list(layers)}}
                config["config"]["layers"] = [layers[0], inner]

        return rewritten(folder, change_model)

    return write


def with_class(module: str | None, name: str, registered: str | None = None) -> Writer:
    """The layer takes another class, with the arguments that it has."""

    def change(layer: dict[str, Any], folder: Path) -> None:
        layer |= {"module": module, "class_name": name, "registered_name": registered}

    return with_layer(change)


def with_lambda(module: str | None, name: str, registered: str | None = None) -> Writer:
    """The layer becomes a Lambda that writes a file, under another name."""

    def change(layer: dict[str, Any], folder: Path) -> None:
        layer |= _lambda_config(folder)
        layer |= {"module": module, "class_name": name, "registered_name": registered}

    return with_layer(change)


def with_argument(name: str, value: Any, of: str = "Dense") -> Writer:
    def change(layer: dict[str, Any], folder: Path) -> None:
        layer["class_name"] = of
        layer["config"][name] = value

    return with_layer(change)


def with_function(module: str, name: str) -> Writer:
    function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    return with_argument("activation", function)


def lambda_that_writes(folder: Path) -> Path:
    layers = keras.layers
    double = layers.Lambda(_touch(marker(folder)), output_shape=(2,), name="writes")
    keras.Sequential([layers.Input((2,)), double, layers.Dense(1)]).save(folder / "lambda.keras")
    Path(marker(folder)).unlink(missing_ok=True)
    return folder / "lambda.keras"


def keras_3_hdf5(folder: Path) -> Path:
    layers = keras.layers
    double = layers.Lambda(_touch(marker(folder)), output_shape=(2,), name="writes")
    keras.Sequential([layers.Input((2,)), double, layers.Dense(1)]).save(folder / "lambda.h5")
    Path(marker(folder)).unlink(missing_ok=True)
    return folder / "lambda.h5"


def saved_model_layer(layer: dict[str, Any], folder: Path) -> None:
    """Runs the program in a neighbouring folder."""
    layer |= {"module": "keras.layers", "class_name": "TFSMLayer"}
    layer["config"] = {"filepath": str(folder), "call_endpoint": "serve", "name": "neighbour"}


def lambda_in_wrappers(layer: dict[str, Any], folder: Path) -> None:
    inner = _lambda_config(folder)
    for wrapper in ("TimeDistributed", "Bidirectional", "SpectralNormalization"):
        inner = {
            "module": "keras.layers",
            "class_name": wrapper,
            "config": {"name": wrapper.lower(), "layer": inner},
            "registered_name": None,
        }
    layer |= inner


def lambda_of_a_public_function(layer: dict[str, Any], folder: Path) -> None:
    """No code is in the file: a dotted name finds the layer, another what it calls."""
    function = {
        "module": "keras",
        "class_name": "function",
        "config": "visualization.plot_image_gallery",
        "registered_name": "visualization.plot_image_gallery",
    }
    layer |= {"module": "keras", "class_name": "layers.Lambda"}
    layer["config"] = {"name": "draws", "function": function, "arguments": {"path": "x.png"}}


def bare_lambda(layer: dict[str, Any], folder: Path) -> None:
    """The form in which Keras writes a Python function."""
    layer["config"]["activation"] = {
        "class_name": "__lambda__",
        "config": {"value": ["4wAAAAA=", None, None]},
    }


def lambda_in_a_loss(layer: dict[str, Any], folder: Path) -> None:
    """No answer needs a loss, so this is left out and never loaded."""
    layer["compile_config"] = {"loss": _lambda_config(folder)}


_UNKNOWN = "which is not known to only compute"
CASES: dict[str, tuple[Writer, str]] = {
    "Lambda that writes": (lambda_that_writes, "the layer 'writes' of class Lambda"),
    "Lambda in HDF5 of Keras 3": (keras_3_hdf5, "the layer 'writes' of class Lambda"),
    "Lambda in wrappers": (with_layer(lambda_in_wrappers), "of class Lambda"),
    "Lambda in a model in the model": (
        with_layer(lambda_in_wrappers, nested=True),
        "of class Lambda",
    ),
    "Python function": (with_layer(bare_lambda), "of class __lambda__"),
    "Lambda of a public function": (
        with_layer(lambda_of_a_public_function),
        "the layer 'draws' of class keras:layers.Lambda",
    ),
    "TFSMLayer": (with_layer(saved_model_layer), "of class keras.layers:TFSMLayer"),
    "class that is no text": (with_argument("activation", {"class_name": 1}), "an object of class"),
    **{
        f"class {module}:{name} {registered or ''}": (write(module, name, registered), message)
        for write, module, name, registered, message in (
            (with_lambda, "keras", "layers.Lambda", None, "class keras:layers.Lambda"),
            (with_lambda, "keras.src", "layers.core.lambda_layer.Lambda", None, _UNKNOWN),
            (with_lambda, "keras.src.layers.core.lambda_layer", "Lambda", "Lambda", "class Lambda"),
            (with_lambda, "keras.layers", "Dense", "Lambda", "(registered as Lambda)"),
            (with_lambda, "keras.layers", "Dense", "mine>Lambda", "(registered as mine>Lambda)"),
            (with_class, "keras", "layers.TFSMLayer", None, "class keras:layers.TFSMLayer"),
            (with_class, "keras.layers", "JaxLayer", None, "class keras.layers:JaxLayer"),
            (with_class, "keras.layers", "FlaxLayer", None, "class keras.layers:FlaxLayer"),
            (with_class, "keras.layers", "TorchModuleWrapper", None, ":TorchModuleWrapper"),
            (with_class, "os", "system", None, "class os:system"),
            (with_class, "builtins", "eval", None, "class builtins:eval"),
            (with_class, "keras.utils", "get_file", None, "class keras.utils:get_file"),
            (with_class, "keras.saving", "load_model", None, "class keras.saving:load_model"),
            (with_class, "keras.saving", "KerasFileEditor", None, _UNKNOWN),
            (with_class, "keras.models", "clone_model", None, _UNKNOWN),
            (with_class, "keras.visualization", "plot_image_gallery", None, _UNKNOWN),
            (with_class, "keras", "visualization.plot_image_gallery", None, _UNKNOWN),
            (with_class, "keras.datasets.mnist", "load_data", None, _UNKNOWN),
            (with_class, "keras.src.utils.file_utils", "get_file", None, _UNKNOWN),
            (with_class, "keras.callbacks", "CSVLogger", None, _UNKNOWN),
            (with_class, "keras.export", "ExportArchive", None, _UNKNOWN),
            (with_class, "keras.wrappers", "SKLearnClassifier", None, _UNKNOWN),
            (with_class, "keras.src.ops.core", "Map", "Map", _UNKNOWN),
            (with_class, "keras_hub", "Anything", None, _UNKNOWN),
            (with_class, None, "system", "os>system", _UNKNOWN),
        )
    },
    **{
        f"function {module}:{name}": (with_function(module, name), f"the function {module}:{name}")
        for module, name in (
            ("keras.visualization", "plot_image_gallery"),
            ("keras", "visualization.plot_image_gallery"),
            ("keras.utils", "get_file"),
            ("keras.utils", "save_img"),
            ("keras.models", "clone_model"),
            ("keras.config", "enable_unsafe_deserialization"),
            ("keras.activations", "deserialize"),
            ("keras.ops", "vectorized_map"),
            ("builtins", "eval"),
            ("os", "system"),
        )
    },
    **{
        f"path in {of}.{name}": (with_argument(name, value, of), f"as '{name}'")
        for of, name, value in (
            ("StringLookup", "vocabulary", "/etc/passwd"),
            ("IntegerLookup", "vocabulary", "/etc/passwd"),
            ("TextVectorization", "vocabulary", "vocabulary.txt"),
            ("TextVectorization", "idf_weights", "/etc/passwd"),
            ("Dense", "file_pattern", "/etc/*"),
            ("Dense", "filepath", "/etc/passwd"),
        )
    },
    "type that is a lambda": (with_argument("output_shape_type", "lambda"), "code of its author"),
    "array of another dtype": (
        with_argument("weights", {"class_name": "__numpy__", "config": {"dtype": "S999999999"}}),
        "of an unknown dtype",
    ),
    "type specification": (
        with_argument("spec", {"class_name": "__typespec__", "config": [], "spec_name": "x"}),
        "__typespec__",
    ),
    "more units than bytes": (with_argument("units", 10**9), "units=1000000000, whose weights"),
}
