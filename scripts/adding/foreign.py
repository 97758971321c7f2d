"""What a file is that is no Keras, TensorFlow or LiteRT model, and what to do with it instead.

People give these by mistake. Each is told by its first bytes, or by its name where a format has no
mark of its own. Nothing is parsed beyond the first bytes. Like ``given``, this module imports the
standard library alone and runs on Python 3.8.
"""

from __future__ import annotations

import re
from typing import NamedTuple

BYTES_TO_READ = 4096  # of a file's start; the name of TensorFlow.js's format may stand late
SAVE_WHOLE = (
    "save the whole model, with model.save('model.keras') or, in R, "
    "save_model_hdf5(model, 'model.h5')"
)
WEIGHTS_ALONE = (
    "build the model in Python, call model.load_weights(…), then model.save('model.keras'); in R, "
    "load_model_weights_tf(model, …), then save_model_hdf5(model, 'model.h5')"
)
_EXPORT_KERAS = "add the Keras model or SavedModel that it was made from"
PYTORCH = (
    "is a PyTorch file, and this project serves Keras, TensorFlow and LiteRT: convert the module "
    "with the package litert-torch, litert_torch.convert(module.eval(), inputs)"
    ".export('model.tflite'), and add model.tflite"
)
UNPACK = "is a packed archive: unpack it, and add the model file or the SavedModel folder in it"


class _Mark(NamedTuple):
    """Bytes that a format begins with, and what is said of such a file."""

    pattern: re.Pattern[bytes]
    sentence: str


def _mark(pattern: bytes, sentence: str) -> _Mark:
    return _Mark(re.compile(pattern, re.DOTALL), sentence)


_HTML = (
    "is a web page, not the file that it shows: download the file itself (on GitHub 'Download raw "
    "file', on Hugging Face the address with /resolve/ in place of /blob/)"
)
_PICKLE = (
    "is a Python pickle, which is a program and not a Keras model: load it where it was made; if "
    "it holds a Keras model, " + SAVE_WHOLE
)
TENSORFLOW_JS = (
    "is a layers model of TensorFlow.js: convert it with `tensorflowjs_converter "
    "--input_format=tfjs_layers_model --output_format=keras model.json model.h5` (from the "
    "package tensorflowjs) and add model.h5"
)
_MARKS = (
    _mark(
        rb"version https://git-lfs\.github\.com/spec/",
        "is a pointer of Git LFS, not the model: run `git lfs pull` in its repository, and add the "
        "file again",
    ),
    _mark(
        rb"\s*(\xef\xbb\xbf)?\s*<(!doctype html|html|!DOCTYPE HTML|!DOCTYPE html|HTML|head)", _HTML
    ),
    _mark(rb"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", PYTORCH),
    _mark(rb"\x80[\x02-\x05][\x8a\x95}\]c(KX]", _PICKLE),
    _mark(
        rb"GGUF",
        "is a GGUF file of llama.cpp: it is served by llama.cpp or Ollama, not by TensorFlow or "
        "LiteRT; load its original with keras_hub, and add what model.save('model.keras') writes",
    ),
    _mark(
        rb".{8}\{\s*\"",
        "is a safetensors file, which holds weights without a model: build the model in Python and "
        "load them (keras_hub reads those of Hugging Face), then model.save('model.keras')",
    ),
    _mark(
        rb"\x93NUMPY",
        "is an array of NumPy, not a model: give rows of data with EXAMPLES=, as JSON or CSV, and "
        "as MODEL= the model file",
    ),
    _mark(
        rb"\s*\{.*\"modelTopology\"\s*:\s*\{\s*\"node\"",
        "is a graph model of TensorFlow.js, which nothing converts back: " + _EXPORT_KERAS,
    ),
    _mark(
        rb"\s*\{.*\"format\"\s*:\s*\"graph-model\"",
        "is a graph model of TensorFlow.js, which nothing converts back: " + _EXPORT_KERAS,
    ),
    _mark(
        rb"\s*\{.*\"(modelTopology|weightsManifest)\"|\s*\{\s*\"format\"\s*:\s*\"layers-model\"",
        TENSORFLOW_JS,
    ),
    _mark(
        rb"\s*\{.*\"class_name\"\s*:",
        "is the architecture of a model without its weights: in Python, build the model with "
        "model_from_json(…), call model.load_weights(…), then model.save('model.keras'); in R, "
        "model_from_json(…), load_model_weights_hdf5(model, …), save_model_hdf5(model, 'model.h5')",
    ),
    _mark(rb"(\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd|.{257}ustar)", UNPACK),
    _mark(
        rb"model_checkpoint_path:",
        "is a checkpoint, which holds weights without a model: " + WEIGHTS_ALONE,
    ),
)
_CHECKPOINT = "is a part of a checkpoint, which holds weights without a model: " + WEIGHTS_ALONE
_R_DATA = (
    "is written by saveRDS() or save() of R, which keep no Keras model: in R, where the model was "
    "trained, call save_model_hdf5(model, 'model.h5') and add model.h5"
)
_SOURCE_CODE = "is source code, not a trained model: run it, and " + SAVE_WHOLE
_FROZEN_GRAPH = (
    "is a frozen graph, which does not say what its inputs and outputs are: add the SavedModel "
    "that it was frozen from, or wrap it in Python with tf.compat.v1.wrap_function and "
    "tf.graph_util.import_graph_def, prune it to its inputs and outputs, and tf.saved_model.save it"
)
# Formats without a mark of their own, and some whose name says more than their first bytes.
_ENDINGS = (
    (
        re.compile(r"\.onnx$"),
        "is an ONNX model: convert it with `onnx2tf -i model.onnx -o saved_model` (from the "
        "package onnx2tf) and add the folder saved_model, or " + _EXPORT_KERAS,
    ),
    (re.compile(r"\.(mlmodel|mlpackage)$"), "is a Core ML model of Apple: " + _EXPORT_KERAS),
    (re.compile(r"\.(index|meta|ckpt)$|\.data-\d+-of-\d+$|^checkpoint$"), _CHECKPOINT),
    (re.compile(r"\.(rds|rda|rdata)$"), _R_DATA),
    (re.compile(r"\.(py|ipynb|r|rmd|qmd)$"), _SOURCE_CODE),
    (
        re.compile(r"^saved_model\.pb(txt)?$"),
        "is one file of a SavedModel: add the folder that holds it",
    ),
    (
        re.compile(r"\.pb$"),
        _FROZEN_GRAPH,
    ),
    (re.compile(r"\.(pt|pth)$"), PYTORCH),
)
_ONNX = re.compile(
    rb"\x08[\x01-\x20]\x12.{1,2}(pytorch|tf2onnx|keras2onnx|skl2onnx|onnx)", re.DOTALL
)
EXPECTED = "is not a model: expected a .keras, HDF5 or .tflite file, or a SavedModel folder"


def describe_file(name: str, start: bytes) -> str:
    """What the file of this name is, by its start, and what to do; ``EXPECTED`` if unknown.

    >>> describe_file("model.keras", b"")
    'is empty: its download or its saving was interrupted; get the file again'
    """
    if not start:
        return "is empty: its download or its saving was interrupted; get the file again"
    ending = next((said for found, said in _ENDINGS if found.search(name.lower())), None)
    if _ONNX.match(start):
        return _ENDINGS[0][1]
    for mark in _MARKS:
        if mark.pattern.match(start):
            is_named_better = mark.sentence in (UNPACK, _PICKLE) or ending == _SOURCE_CODE
            return ending if ending and is_named_better else mark.sentence
    if not start.strip(b"\0"):
        return "holds only zeros: its download or its copy was interrupted; get the file again"
    return ending or EXPECTED
