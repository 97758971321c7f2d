"""Configurations of Keras 1, in the words of Keras 2.

Only what surely means the same is translated. Initializers, regularizers and constraints are left
out, because they do nothing after the training. Weights are converted by ``tf_keras`` itself.
"""

from typing import Any

from scripts.adding.given import SourceError

_TRAINING_ONLY = {
    *("init", "inner_init", "forget_bias_init", "gamma_init", "beta_init", "weights"),
    *("W_regularizer", "U_regularizer", "b_regularizer", "activity_regularizer"),
    *("gamma_regularizer", "beta_regularizer", "W_constraint", "b_constraint", "W_learning_rate"),
    *("depthwise_regularizer", "pointwise_regularizer"),
    *("depthwise_constraint", "pointwise_constraint"),
}
# Left out too: how fast it computes, and what `batch_input_shape` says as well. An `input_dtype` is
# of the input alone, which Keras 2 would take for the weights' too.
_SAYS_NOTHING = {"consume_less", "input_length", "input_dim", "input_dtype"}
# For each class of Keras 1: the class of Keras 2, then `old=new` for each argument, or its name
# where that is the same.
_CONVOLUTION = "nb_filter=filters kernel_size activation border_mode=padding bias=use_bias"
_CONVOLUTION_1D = (
    f"{_CONVOLUTION} filter_length=kernel_size subsample_length=strides atrous_rate=dilation_rate"
)
_CONVOLUTION_2D = (
    f"{_CONVOLUTION} subsample=strides dim_ordering=data_format atrous_rate=dilation_rate"
)
_POOLING_1D = "pool_length=pool_size stride=strides border_mode=padding"
_POOLING_2D = "pool_size strides border_mode=padding dim_ordering=data_format"
_RECURRENT = (
    "output_dim=units activation inner_activation=recurrent_activation return_sequences "
    "go_backwards stateful unroll dropout_W=dropout dropout_U=recurrent_dropout"
)
_LAYERS = {
    "Activation": "Activation activation",
    "AtrousConvolution1D": f"Conv1D {_CONVOLUTION_1D}",
    "AtrousConvolution2D": f"Conv2D {_CONVOLUTION_2D}",
    "AveragePooling1D": f"AveragePooling1D {_POOLING_1D}",
    "AveragePooling2D": f"AveragePooling2D {_POOLING_2D}",
    "BatchNormalization": "BatchNormalization epsilon axis momentum",
    "Convolution1D": f"Conv1D {_CONVOLUTION_1D}",
    "Convolution2D": f"Conv2D {_CONVOLUTION_2D}",
    "Cropping1D": "Cropping1D cropping",
    "Cropping2D": "Cropping2D cropping dim_ordering=data_format",
    "Dense": "Dense output_dim=units activation bias=use_bias",
    "Dropout": "Dropout p=rate",
    "ELU": "ELU alpha",
    "Embedding": "Embedding input_dim output_dim mask_zero",
    "Flatten": "Flatten",
    "GRU": f"GRU {_RECURRENT}",
    "GaussianDropout": "GaussianDropout p=rate",
    "GaussianNoise": "GaussianNoise sigma=stddev",
    "GlobalAveragePooling1D": "GlobalAveragePooling1D",
    "GlobalAveragePooling2D": "GlobalAveragePooling2D dim_ordering=data_format",
    "GlobalMaxPooling1D": "GlobalMaxPooling1D",
    "GlobalMaxPooling2D": "GlobalMaxPooling2D dim_ordering=data_format",
    "InputLayer": "InputLayer sparse input_dtype=dtype",
    "LSTM": f"LSTM {_RECURRENT}",
    "LeakyReLU": "LeakyReLU alpha",
    "Masking": "Masking mask_value",
    "MaxPooling1D": f"MaxPooling1D {_POOLING_1D}",
    "MaxPooling2D": f"MaxPooling2D {_POOLING_2D}",
    "PReLU": "PReLU shared_axes",
    "Permute": "Permute dims",
    "RepeatVector": "RepeatVector n",
    "Reshape": "Reshape target_shape",
    "SeparableConvolution2D": f"SeparableConv2D {_CONVOLUTION_2D} depth_multiplier",
    "SimpleRNN": f"SimpleRNN {_RECURRENT}",
    "SpatialDropout1D": "SpatialDropout1D p=rate",
    "SpatialDropout2D": "SpatialDropout2D p=rate dim_ordering=data_format",
    "ThresholdedReLU": "ThresholdedReLU theta",
    "UpSampling1D": "UpSampling1D length=size",
    "UpSampling2D": "UpSampling2D size dim_ordering=data_format",
    "ZeroPadding1D": "ZeroPadding1D padding",
    "ZeroPadding2D": "ZeroPadding2D padding dim_ordering=data_format",
}
_OF_EVERY_LAYER = ("name", "trainable", "batch_input_shape")
_MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
}
_MODELS = {"Model", "Sequential"}
_WRAPPERS = {"Bidirectional", "TimeDistributed"}
_WORDS = {
    *("W_regularizer", "border_mode", "dim_ordering", "init", "inner_init", "input_dtype"),
    *("nb_filter", "p", "pool_length", "sigma"),
}
_SAYS_OF_A_MERGE = {"raw", None, ""}
_ONE_PADDING_EACH = 4


def is_of_keras_1(architecture: object, version: str) -> bool:
    """Whether the layers are described in Keras 1's words; ``version`` may be empty."""
    return (not version or version.startswith("1")) and any(
        _WORDS & layer["config"].keys() for layer in _layers(architecture)
    )


def to_keras_2(architecture: object, name: str) -> None:
    """Translate in place. Raises :class:`SourceError` for what has no sure equivalent."""
    for layer in list(_layers(architecture)):
        try:
            _translate(layer)
        except _UnsureError as error:
            raise SourceError(
                f"{name} is of Keras 1, and {error}, which has no sure equivalent in Keras 2: "
                "load it with Keras 2.2.4 and TensorFlow 1.13 (Python 3.6), compare its answers "
                "there, and add what model.save('model.h5') writes; in R, save_model_hdf5(model, "
                "'model.h5')"
            ) from error


class _UnsureError(Exception):
    """What has no sure equivalent. The text says which layer and why."""


def _layers(architecture: object) -> list[dict[str, Any]]:
    """Each layer and model at any depth."""
    found, waiting = [], [architecture]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("class_name"), str) and isinstance(value.get("config"), dict):
                found.append(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _translate(layer: dict[str, Any]) -> None:
    kind, config = layer["class_name"], layer["config"]
    name = f"its layer '{config.get('name')!s:.80}' is a {kind:.80}"
    if kind in _MODELS or kind == "Lambda":  # the allow-lists say what there is to say of code
        return
    if kind in _WRAPPERS:
        for key in _SAYS_NOTHING:
            config.pop(key, None)
        return
    if kind == "Merge":
        _translate_merge(layer, name)
        return
    if kind not in _LAYERS:
        raise _UnsureError(name)
    present, *words = _LAYERS[kind].split()
    pairs = (word.partition("=") for word in (*words, *_OF_EVERY_LAYER))
    known = {old: new or old for old, _, new in pairs}
    translated: dict[str, Any] = {}
    _prepare(kind, config, name)
    for key, value in config.items():
        if key in known and value is not None:
            translated[known[key]] = value
        elif key not in {*known, *_TRAINING_ONLY, *_SAYS_NOTHING}:
            raise _UnsureError(f"{name} with {key}={value!r:.80}")
    if kind == "GRU":
        translated["reset_after"] = False
    layer["class_name"], layer["config"] = present, translated


def _prepare(kind: str, config: dict[str, Any], name: str) -> None:
    """What is more than another name of an argument."""
    if kind == "Embedding" and isinstance(config.pop("dropout", 0), str):
        raise _UnsureError(f"{name} with an unknown dropout")
    if kind == "BatchNormalization" and config.pop("mode", 0) != 0:
        raise _UnsureError(f"{name} of a mode other than 0")
    if config.get("border_mode", "valid") not in ("valid", "same"):
        raise _UnsureError(f"{name} with border_mode='{config['border_mode']!s:.80}'")
    if "dim_ordering" in config:
        order = config["dim_ordering"]
        if order != "tf":
            raise _UnsureError(f"{name} in Theano's order (dim_ordering='{order!s:.80}')")
        config["dim_ordering"] = "channels_last"
    if "nb_row" in config and "nb_col" in config:
        config["kernel_size"] = [config.pop("nb_row"), config.pop("nb_col")]
    padding = config.get("padding")
    if kind == "ZeroPadding2D" and isinstance(padding, list) and len(padding) == _ONE_PADDING_EACH:
        config["padding"] = [padding[:2], padding[2:]]


def _translate_merge(layer: dict[str, Any], name: str) -> None:
    config = layer["config"]
    mode = config.get("mode")
    if "layers" in config:  # the first layer of a Sequential
        raise _UnsureError(f"{name} of several models")
    kinds = {config.get(f"{part}_type") for part in ("mode", "output_shape", "output_mask")}
    if mode not in _MERGES or kinds - _SAYS_OF_A_MERGE:
        raise _UnsureError(f"{name} with mode='{mode!s:.80}'")
    layer["class_name"] = _MERGES[mode]
    layer["config"] = {"name": config.get("name")}
    if mode == "concat":
        layer["config"]["axis"] = config.get("concat_axis", -1)
