"""The allow-lists against the installed libraries: what is public passes, and nothing is missed.

An update that brings a new class, function or operation fails here until somebody has reviewed it.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
import tf_keras
from tensorflow.core.framework.op_def_pb2 import OpList
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.util.tf_export import get_symbol_from_name

from inference.engines.operations import COMPUTING, READING_AN_ASSET, RESTORING, SAVING
from scripts.adding.safety import keras_names, legacy_names, refuse_code
from scripts.adding.safety.tensorflow_names import PURE_FUNCTIONS
from scripts.adding.safety.walk import dictionaries
from scripts.adding.sources import Kind, Source, SourceError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")

# Left out on purpose, each for the reason that its list gives.
KERAS_3_CODE = {"FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"}
LEGACY_CODE = {"DenseFeatures", "Input", "Lambda"}

# Arguments of those that need some.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"},
    "CategoryEncoding": {"num_tokens": 3},
    "CenterCrop": {"height": 2, "width": 2},
    "Cropping1D": {"cropping": 1},
    "Discretization": {"bin_boundaries": [0.0, 1.0]},
    "Dot": {"axes": 1},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 3},
    "Embedding": {"input_dim": 3, "output_dim": 2},
    "GroupNormalization": {"groups": 2},
    "HashedCrossing": {"num_bins": 3},
    "Hashing": {"num_bins": 3},
    "InputLayer": {"input_shape": (2,)},
    "IntegerLookup": {"vocabulary": [1, 2]},
    "MaxNumBoundingBoxes": {"max_number": 3},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 2},
    "GroupQueryAttention": {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1},
    "Permute": {"dims": (1,)},
    "RepeatVector": {"n": 2},
    "Rescaling": {"scale": 2.0},
    "Reshape": {"target_shape": (2,)},
    "Resizing": {"height": 2, "width": 2},
    "ReversibleEmbedding": {"input_dim": 3, "output_dim": 2},
    "RandomPosterization": {"factor": 4},
    "StringLookup": {"vocabulary": ["dog", "cat"]},
    "TextVectorization": {"vocabulary": ["dog", "cat"]},
    "UpSampling1D": {"size": 2},
}


def constructed(name: str, layers: Any) -> Any:
    """A layer of this class, with the least arguments that it takes."""
    build = getattr(layers, name)
    dense = layers.Dense(2, activation="relu", kernel_regularizer="l2", bias_constraint="non_neg")
    special: dict[str, Callable[[], Any]] = {
        "Bidirectional": lambda: build(layers.LSTM(2)),
        "Pipeline": lambda: build([layers.Rescaling(2.0)]),
        "RNN": lambda: build(layers.LSTMCell(2)),
        "SpectralNormalization": lambda: build(dense),
        "StackedRNNCells": lambda: build([layers.LSTMCell(2), layers.GRUCell(2)]),
        "TimeDistributed": lambda: build(dense),
        "Wrapper": lambda: build(dense),
    }
    if name in special:
        return special[name]()
    if name in ARGUMENTS:
        arguments = ARGUMENTS[name]
        if name == "InputLayer" and layers is keras.layers:
            arguments = {"shape": (2,)}
        return build(**arguments)
    required = [
        parameter.name
        for parameter in inspect.signature(build).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    usual = {"filters": 2, "kernel_size": 2, "units": 2, "factor": 0.2, "rate": 0.2, "size": 2}
    usual |= {"height": 2, "width": 2, "stddev": 0.1, "output_size": 2, "height_factor": 0.2}
    usual |= {"width_factor": 0.2, "strength": 0.1, "pool_size": 2}
    return build(**{parameter: usual[parameter] for parameter in required})


def check(kind: Kind, config: Any, path: Path) -> None:
    path.write_bytes(bytes(100))
    refuse_code(Source(path, kind, ".keras", {}, config), allowed=set())


@pytest.mark.parametrize(
    "name",
    sorted(set(keras_names.CLASSES["keras.layers"].split()) - {"STFTSpectrogram"}),  # needs SciPy
)
def test_each_layer_of_keras_3_passes(tmp_path: Path, name: str) -> None:
    layer = constructed(name, keras.layers)
    check("Keras 3", keras.saving.serialize_keras_object(layer), tmp_path / "file")


@pytest.mark.parametrize(
    "name",
    sorted(
        set(legacy_names.CLASSES["keras.layers"].split())
        & {name for name in dir(tf_keras.layers) if name != "AbstractRNNCell"}
    ),
)
def test_each_layer_of_legacy_keras_passes(tmp_path: Path, name: str) -> None:
    try:
        layer = constructed(name, tf_keras.layers)
    except NotImplementedError:  # a base class
        return
    if name == "InputSpec":
        return
    check("legacy Keras", tf_keras.layers.serialize(layer), tmp_path / "file")
    config = tf_keras.layers.serialize(layer, use_legacy_format=True)
    check("legacy Keras", config, tmp_path / "file")


def test_no_public_layer_is_forgotten() -> None:
    def classes(module: Any) -> set[str]:
        return {name for name, found in vars(module).items() if inspect.isclass(found)}

    listed = set(keras_names.CLASSES["keras.layers"].split())
    # Other names of the same classes are not written into files.
    own = {name for name in classes(keras.layers) if getattr(keras.layers, name).__name__ == name}
    assert own - listed == KERAS_3_CODE | {"InputSpec", "Layer"}  # listed under `keras`
    legacy = set(legacy_names.CLASSES["keras.layers"].split())
    assert classes(tf_keras.layers) - legacy == LEGACY_CODE - {"Input"}


def test_names_of_the_lists_exist() -> None:
    for module, names in keras_names.CLASSES.items():
        if not module.startswith(("keras.src", "keras._legacy")):
            public = keras
            for part in module.split(".")[1:]:
                public = getattr(public, part)
            assert {name for name in names.split() if not hasattr(public, name)} == set(), module
    buffer = pywrap_tf_session.TF_GetAllOpList()
    registered = OpList.FromString(pywrap_tf_session.TF_GetBuffer(buffer))
    operations = {operation.name for operation in registered.op}
    assert COMPUTING - operations == set()
    assert {RESTORING, *SAVING, *READING_AN_ASSET} <= operations


def test_no_operation_of_the_list_takes_a_file_or_an_address() -> None:
    """Told by the names of attributes and inputs, over the whole registry."""
    suspicious = ("file", "path", "url", "directory", "descriptor", "library", "address", "token")
    harmless = {"CTCBeamSearchDecoder": "top_paths"}
    buffer = pywrap_tf_session.TF_GetAllOpList()
    registered = OpList.FromString(pywrap_tf_session.TF_GetBuffer(buffer))
    for operation in registered.op:
        if operation.name in COMPUTING:
            names = [part.name for part in (*operation.attr, *operation.input_arg)]
            found = [name for name in names if any(word in name for word in suspicious)]
            assert found in ([], [harmless.get(operation.name)]), operation.name


def test_functions_of_the_list_take_no_function_and_no_file() -> None:
    suspicious = ("file", "path", "output_stream", "func", "callback", "fn", "callable", "library")
    harmless = {"top_paths"}
    for name in PURE_FUNCTIONS:
        function = get_symbol_from_name(name)
        if function is None:
            continue
        assert not inspect.isclass(function), name
        parameters = set(inspect.signature(function).parameters) - harmless
        found = {part for part in parameters if any(word in part.lower() for word in suspicious)}
        # JSON holds no function. What these take as a name, they refuse.
        assert found <= {"activation_fn", "forward_window_fn", "window_fn"}, (name, found)


def test_functions_of_tensorflow_in_a_model_pass(tmp_path: Path) -> None:
    inputs = tf_keras.Input((4, 3))
    ragged = tf_keras.Input((None,), ragged=True)
    values = tf.nn.relu(inputs)[:, 0] + tf.reduce_sum(inputs, 1) * 2.0 - 1.0
    joined = tf.concat([values, tf.cast(tf.shape(inputs), tf.float32)[tf.newaxis, :3]], 0)
    summed = tf.reduce_sum(ragged.to_tensor(), 1)
    model = tf_keras.Model([inputs, ragged], [joined, tf_keras.backend.mean(values), summed])
    check("legacy Keras", tf_keras.layers.serialize(model), tmp_path / "file")
    legacy = tf_keras.layers.serialize(model, use_legacy_format=True)
    check("legacy Keras", legacy, tmp_path / "file")


def test_operations_of_keras_3_in_a_model_pass(tmp_path: Path) -> None:
    inputs = keras.Input((4, 3))
    values = keras.ops.relu(inputs)[:, 0] + keras.ops.sum(inputs, 1) * 2.0 - 1.0
    values = keras.ops.where(values > 0, values, keras.ops.softmax(values))
    inner = keras.Model(inputs, values)
    inner.compile("adam", loss="mse", metrics=["accuracy", keras.metrics.AUC()])
    model = keras.Sequential([inner, keras.layers.Dense(2, dtype="mixed_float16")])
    model.compile(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 10)))
    check("Keras 3", keras.saving.serialize_keras_object(model), tmp_path / "file")


def test_a_quantized_model_passes(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.quantize("int8")
    check("Keras 3", keras.saving.serialize_keras_object(model), tmp_path / "file")


def test_a_deep_configuration_ends() -> None:
    nested: Any = []
    for _ in range(100_000):
        nested = [{"config": nested}]
    with pytest.raises(SourceError, match="nested deeper than 250 levels: refused"):
        list(dictionaries(nested, "file"))
    while nested:  # a list in a list is freed recursively
        nested = nested[0]["config"]
