"""What ``add-model`` refuses by names, flags and first bytes, without TensorFlow."""

import io
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from scripts.adding.early import refuse_early
from scripts.adding.given import SourceError
from tests.processes import MODELS, REPOSITORY

IRIS = MODELS / "iris/original/iris.keras"
LITERT = MODELS / "iris/model.tflite"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
SAFETENSORS = struct.pack("<Q", 16) + b'{"a": {"dtype": "F32"}}'
OLD_PYTORCH = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + pickle.dumps(1001, protocol=2)
WEIGHTS_OF_KERAS = b"\x89HDF\r\n\x1a\n" + b"layer_names" * 100


def refusal(
    path: Path, engine: str = "auto", labels: Path | None = None, examples: Path | None = None
) -> str:
    """The sentence, which must be of one line."""
    with pytest.raises(SourceError) as refused:
        refuse_early(path, engine, labels, examples)
    text = str(refused.value)
    assert "\n" not in text
    assert "allow_pickle" not in text
    return text


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


def packed() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz"):
        pass
    return content.getvalue()


def array() -> bytes:
    content = io.BytesIO()
    np.save(content, np.zeros(3))
    return content.getvalue()


FILES: dict[str, tuple[str, bytes, str, str]] = {
    # what: name, content, what is found, the next step
    "empty": ("m.keras", b"", "m.keras is empty", "get the file again"),
    "zeros": ("m.h5", bytes(5000), "holds only zeros", "get the file again"),
    "pointer": ("m.keras", LFS, "is a pointer of Git LFS", "`git lfs pull`"),
    "page": ("m.h5", b"\n<!DOCTYPE html><html>", "is a web page", "Download raw file"),
    "page in capitals": ("m.h5", b"<HTML>", "is a web page", "/resolve/"),
    "PyTorch": ("m.pt", zipped("m/data.pkl", "m/data/0"), "PyTorch file", "litert-torch"),
    "PyTorch, any name": ("m.keras", zipped("m/data.pkl"), "PyTorch file", "litert-torch"),
    "old PyTorch": ("m.pth", OLD_PYTORCH, "PyTorch file", "litert_torch.convert("),
    "ONNX": ("m.onnx", b"\x08\x08\x12\x07pytorch", "is an ONNX model", "onnx2tf -i model.onnx"),
    "ONNX, any name": ("m.bin", b"\x08\x07\x12\x07tf2onnx", "is an ONNX model", "onnx2tf"),
    "pickle": ("m.pkl", pickle.dumps({"a": 1}), "is a Python pickle", "save_model_hdf5(model"),
    "old pickle": ("m.joblib", pickle.dumps([1], 2), "is a Python pickle", "model.save('model"),
    "TensorFlow.js": (
        "model.json",
        b'{"format": "layers-model", "modelTopology": {"class_name": "Sequential"}}',
        "a layers model of TensorFlow.js",
        "tensorflowjs_converter --input_format=tfjs_layers_model",
    ),
    "TensorFlow.js, older": (
        "model.json",
        b'{"modelTopology": {"keras_version": "2.1.6"}, "weightsManifest": []}',
        "a layers model of TensorFlow.js",
        "--output_format=keras model.json model.h5",
    ),
    "TensorFlow.js graph": (
        "model.json",
        b'{"format": "graph-model", "modelTopology": {"node": []}}',
        "a graph model of TensorFlow.js",
        "add the Keras model or SavedModel",
    ),
    "architecture": (
        "m.json",
        b'{"class_name": "Sequential", "config": {}}',
        "architecture of a model without its weights",
        "load_model_weights_hdf5(model",
    ),
    "checkpoint": ("checkpoint", b'model_checkpoint_path: "m"', "a checkpoint", "load_weights(…)"),
    "index": ("m.ckpt.index", b"\0\0\3abc", "part of a checkpoint", "load_model_weights_tf("),
    "data": ("m.data-00000-of-00001", b"abc", "part of a checkpoint", "model.save('model.keras')"),
    "frozen graph": ("frozen.pb", b"\n\x0fabc", "is a frozen graph", "tf.saved_model.save"),
    "SavedModel's file": ("saved_model.pb", b"\x08\x01", "one file of a SavedModel", "the folder"),
    "Core ML": ("m.mlmodel", b"\x08\x04\x12", "a Core ML model", "add the Keras model"),
    "safetensors": ("m.safetensors", SAFETENSORS, "a safetensors file", "keras_hub"),
    "GGUF": ("m.gguf", b"GGUF\3\0\0\0", "a GGUF file", "llama.cpp"),
    "array": ("m.npy", array(), "is an array of NumPy", "EXAMPLES="),
    "arrays": ("m.npz", zipped("a.npy"), "arrays of NumPy", "model.set_weights(…)"),
    "tar": ("m.tar.gz", packed(), "is a packed archive", "unpack it, and add"),
    "R's data": ("m.rds", packed(), "saveRDS()", "save_model_hdf5(model, 'model.h5')"),
    "notebook": ("m.ipynb", b'{"cells": []}', "is source code", "model.save('model.keras')"),
    "zip of a SavedModel": (
        "m.zip",
        zipped("cats/1/saved_model.pb"),
        "holds a SavedModel",
        "add the folder cats/1",
    ),
    "zip of a model": ("m.zip", zipped("a/cats.h5"), "holds cats.h5", "unpack it, and add that"),
    "repacked": (
        "m.keras",
        zipped("m/config.json", "m/metadata.json", "m/model.weights.h5"),
        "its members lie in the folder m",
        "zip -r ../model.keras *",
    ),
    "another zip": ("m.keras", zipped("a.txt"), "not a .keras model", "expected the members"),
    "truncated": (
        "m.keras",
        IRIS.read_bytes()[:-100],
        "damaged or truncated",
        "get the file again",
    ),
    "weights": ("m.h5", WEIGHTS_OF_KERAS, "weights or data without a model", "save_model_hdf5("),
    "text": ("m.keras", b"hello", "is not a model: expected a .keras", "SavedModel folder"),
}


@pytest.mark.parametrize(("name", "content", "found", "step"), FILES.values(), ids=FILES)
def test_a_file_that_is_given_by_mistake(
    tmp_path: Path, name: str, content: bytes, found: str, step: str
) -> None:
    (tmp_path / name).write_bytes(content)
    said = refusal(tmp_path / name)
    assert said.startswith(name)
    assert found in said
    assert step in said


@pytest.mark.parametrize(
    ("names", "step"),
    [
        (["checkpoint", "m.index", "m.data-00000-of-00001"], "it is a checkpoint"),
        (["1/saved_model.pb"], "add the SavedModel in it, given/1"),
        (["1/saved_model.pb", "2/saved_model.pb"], "given/2, or another of 1, 2"),
        (["saved_model.pbtxt"], "tf.saved_model.load(…)"),
        (["config.json", "metadata.json", "model.weights.h5"], "zip -r ../model.keras *"),
        (["config.json", "model.safetensors"], "save_pretrained('folder', saved_model=True)"),
        (["model.json", "group1-shard1of1.bin"], "tensorflowjs_converter"),
        (["cats.keras", "notes.txt"], "add the model file in it, given/cats.keras"),
        ([], "a folder that model.export(…) has written"),
    ],
)
def test_a_folder_that_is_given_by_mistake(tmp_path: Path, names: list[str], step: str) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    said = refusal(folder)
    assert "the folder given is not a SavedModel: it holds no saved_model.pb" in said
    assert step in said


def test_what_is_a_model_passes() -> None:
    for model in (IRIS, LITERT):
        refuse_early(model, "auto", None, None)


def test_an_engine_that_does_not_run_the_file() -> None:
    assert "which TensorFlow cannot serve: leave the engine out" in refusal(LITERT, "tensorflow")


@pytest.mark.parametrize(
    ("kind", "name", "content", "message"),
    [
        ("labels", "l.txt", b" \n\n", "l.txt holds no labels: expected a line for each class"),
        ("labels", "l.json", b"[]", "l.json holds no labels: expected a list"),
        ("labels", "l.json", b"[1, 2]", "every label must be text"),
        ("labels", "l.json", b"[1, ", "l.json is not valid JSON: "),
        ("labels", "l.txt", "Kätzchen".encode("latin-1"), "no text in UTF-8 (byte 1)"),
        ("labels", "l.json", b"[" * 100_000, "nested too deep"),
        ("examples", "r.json", b"[]", "r.json holds no rows: expected a JSON list of rows"),
        ("examples", "r.json", b'{"instances": []}', "r.json holds no rows"),
        ("examples", "r.json", b"", "r.json is not valid JSON"),
        ("examples", "r.csv", b"", "r.csv holds no rows"),
        ("examples", "r.csv", b"age,sex\n", "r.csv holds no rows"),
        ("examples", "none.csv", None, "none.csv cannot be read: No such file"),
        ("labels", "none.txt", None, "none.txt cannot be read: No such file"),
    ],
)
def test_labels_and_rows_that_are_none(
    tmp_path: Path, kind: str, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    given = {"labels": None, "examples": None, kind: tmp_path / name}
    assert message in refusal(IRIS, "auto", given["labels"], given["examples"])


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("labels", "l.txt", b"cat\ndog\n"),
        ("labels", "l.json", b'["cat", "dog"]'),
        ("examples", "r.csv", b"1,2\n"),
        ("examples", "r.csv", b"age,sex\n1,f\n"),
        ("examples", "r.json", b'{"instances": [[1]]}'),
        ("examples", "cat.jpg", b"\xff\xd8\xff"),
    ],
)
def test_labels_and_rows_that_may_fit(tmp_path: Path, kind: str, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    given = {"labels": None, "examples": None, kind: tmp_path / name}
    refuse_early(IRIS, "auto", given["labels"], given["examples"])


def test_a_large_file_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    path.write_bytes(WEIGHTS_OF_KERAS)
    os.truncate(path, 300_000_000)
    assert "without a model" in refusal(path)


def _pythons() -> list[str]:
    """This Python, and an old one where the machine has it."""
    return [sys.executable, *map(str, Path.home().glob(".pyenv/versions/3.8*/bin/python3.8"))]


@pytest.mark.parametrize("python", _pythons())
def test_it_needs_the_standard_library_alone(tmp_path: Path, python: str) -> None:
    (tmp_path / "m.onnx").write_bytes(b"\x08\x08")
    script = (
        "import sys; from pathlib import Path; from scripts.adding import early, given\n"
        "try: early.refuse_early(Path(sys.argv[1]), 'auto', None, None)\n"
        "except given.SourceError as error: print(error)\n"
        "assert not {'numpy', 'h5py', 'tensorflow', 'keras'} & set(sys.modules)"
    )
    done = subprocess.run(
        [python, "-S", "-c", script, str(tmp_path / "m.onnx")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "m.onnx is an ONNX model" in done.stdout
