"""Every way that was thought of to break a model's folder, and the reason that must be given."""

import io
import os
import pickle
import socket
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inference.calls import GOLDEN
from inference.metadata import METADATA
from tests.folders import change, change_golden, sign

SERVED = "model.tflite"
OUTPUT = "serving_default/outputs/species"
INPUT = "serving_default/inputs/flower"
Break = Callable[[Path], object]


def signature(**shapes: list[int]) -> dict[str, Any]:
    """The model's own signature, with other shapes of the tensors that are named."""
    shapes = {"flower": [-1, 4], "species": [-1, 3]} | shapes
    specs = {name: {"dtype": "float32", "shape": shape} for name, shape in shapes.items()}
    tensors = {"inputs": {"flower": specs["flower"]}, "outputs": {"species": specs["species"]}}
    return {"serving_default": tensors}


def replace(file: str, make: Callable[[Path], object]) -> Break:
    def apply(folder: Path) -> None:
        (folder / file).unlink()
        make(folder / file)

    return apply


def cut(file: str) -> Break:
    return lambda folder: os.truncate(folder / file, (folder / file).stat().st_size // 2)


def write(file: str, content: bytes) -> Break:
    return lambda folder: (folder / file).write_bytes(content)


def listen(file: Path) -> None:
    # A path in a folder of pytest's may be too long for a socket.
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{short}/socket")
        Path(f"{short}/socket").rename(file)


def edit(name: str, array: Any) -> Break:
    def apply(arrays: dict[str, Any]) -> None:
        arrays[name] = array

    return lambda folder: change_golden(folder, apply)


def rename(old: str, new: str) -> Break:
    def apply(arrays: dict[str, Any]) -> None:
        arrays[new] = arrays.pop(old)

    return lambda folder: change_golden(folder, apply)


def bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder / GOLDEN, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{INPUT}.npy", bytes(201_000_000))


def declare_much(folder: Path) -> None:
    """An array of 8 EB, of which no byte is there."""
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**18,)}
    array = io.BytesIO()
    np.lib.format.write_array_header_1_0(array, header)
    with zipfile.ZipFile(folder / GOLDEN, "w") as archive:
        archive.writestr(f"{INPUT}.npy", array.getvalue())


def flip(file: str, place: int) -> Break:
    def apply(folder: Path) -> None:
        content = bytearray((folder / file).read_bytes())
        content[place] ^= 0xFF
        (folder / file).write_bytes(content)

    return apply


def resigned(then: Break) -> Break:
    """Broken by whoever made the whole folder: the digest is of the broken file."""

    def apply(folder: Path) -> None:
        then(folder)
        sign(folder)

    return apply


def outside(file: str) -> Break:
    return lambda folder: change(folder, file=file)


BROKEN: dict[str, tuple[Break, str]] = {
    "golden_truncated": (cut(GOLDEN), "golden.npz is damaged"),
    "golden_text": (write(GOLDEN, b"no archive"), "golden.npz is damaged"),
    "golden_empty": (write(GOLDEN, b""), "golden.npz is damaged"),
    "golden_pickle": (write(GOLDEN, pickle.dumps({"a": 1})), "golden.npz is damaged"),
    "golden_objects": (edit(INPUT, np.array([{}])), "golden.npz is damaged"),
    "golden_missing": (lambda folder: (folder / GOLDEN).unlink(), "add-model"),
    "golden_bomb": (bomb, "holds 201000000 bytes"),
    "golden_huge_array": (declare_much, "golden.npz is damaged"),
    "golden_odd_key": (edit("nonsense", np.zeros(1)), "golden.npz is damaged"),
    "golden_other_kind": (edit("serving_default/in/x", np.zeros(1)), "golden.npz is damaged"),
    "golden_signature": (edit("other/inputs/x", np.zeros(1)), "has a call of no signature 'other'"),
    "golden_dtype": (edit(INPUT, np.zeros((3, 4))), "float64"),
    "golden_shape": (edit(INPUT, np.zeros((3, 5), np.float32)), r"\[3, 5\]"),
    "golden_no_rows": (edit(INPUT, np.zeros((0, 4), np.float32)), "no rows"),
    "golden_input_name": (rename(INPUT, "serving_default/inputs/tree"), "tree"),
    "golden_output_name": (rename(OUTPUT, "serving_default/outputs/kind"), "kind"),
    "golden_output_dtype": (edit(OUTPUT, np.zeros((3, 3))), "output 'species' is float64"),
    "golden_output_rows": (edit(OUTPUT, np.zeros((2, 3), np.float32)), r"expected float32\[2, 3\]"),
    "golden_numbers": (edit(OUTPUT, np.zeros((3, 3), np.float32)), "species differs by"),
    "golden_fifo": (replace(GOLDEN, os.mkfifo), "golden.npz is not a regular file"),
    "golden_socket": (replace(GOLDEN, listen), "golden.npz is not a regular file"),
    "golden_folder": (replace(GOLDEN, Path.mkdir), "golden.npz is not a regular file"),
    "golden_device": (
        replace(GOLDEN, lambda file: file.symlink_to("/dev/zero")),
        "golden.npz is not a regular file",
    ),
    "golden_loop": (replace(GOLDEN, lambda file: file.symlink_to(file)), "golden.npz cannot be"),
    "metadata_missing": (lambda folder: (folder / METADATA).unlink(), "has no metadata.json"),
    "metadata_truncated": (cut(METADATA), "Invalid JSON"),
    "metadata_text": (write(METADATA, b"\xff\xfe"), "Invalid JSON"),
    "metadata_deep": (write(METADATA, b"[" * 100_000), "Invalid JSON"),
    "metadata_huge": (write(METADATA, b" " * 10_000_001), "10000000 is the most"),
    "metadata_list": (write(METADATA, b"[]"), "metadata.json"),
    "metadata_fifo": (replace(METADATA, os.mkfifo), "metadata.json is not a regular file"),
    "metadata_loop": (
        replace(METADATA, lambda file: file.symlink_to(file)),
        "metadata.json cannot",
    ),
    "of_another_name": (lambda folder: change(folder, name="iris"), "of a model named 'iris'"),
    "no_default": (lambda folder: change(folder, default_signature="x"), "none of the signatures"),
    "two_labels": (lambda folder: change(folder, labels=["a", "b"]), "there are 2 labels"),
    "no_batch": (lambda folder: change(folder, max_batch=0), "max_batch: .* greater than 0"),
    "negative_batch": (lambda folder: change(folder, max_batch=-1), "max_batch"),
    "no_length": (lambda folder: change(folder, max_length=0), "max_length"),
    "no_values": (lambda folder: change(folder, max_values=0), "max_values"),
    "rank_65": (
        lambda folder: change(folder, signatures=signature(flower=[-1] + [1] * 64)),
        "65 dimensions",
    ),
    "vast": (lambda folder: change(folder, signatures=signature(species=[-1, 10**25])), "values"),
    "less_than_free": (
        lambda folder: change(folder, signatures=signature(flower=[-1, -2])),
        "less than -1",
    ),
    "other_signatures": (
        lambda folder: change(folder, default_signature="x", signatures={"x": {}}),
        "signatures.x.inputs: Field required",
    ),
    "above": (outside("../iris/model.tflite"), "lies beside metadata.json"),
    "absolute": (outside("/etc/passwd"), "lies beside metadata.json"),
    "parent": (outside(".."), "lies beside metadata.json"),
    "null": (outside("a\0b"), "lies beside metadata.json"),
    "no_file": (outside("other.tflite"), "other.tflite is missing"),
    "served_missing": (lambda folder: (folder / SERVED).unlink(), "model.tflite is missing"),
    "served_changed": (flip(SERVED, 1500), "model.tflite is not what metadata.json describes"),
    "served_truncated": (cut(SERVED), "model.tflite is not what metadata.json describes"),
    "served_text": (resigned(write(SERVED, b"text")), "model.tflite is not a LiteRT model"),
    "served_empty": (resigned(write(SERVED, b"")), "model.tflite is not a LiteRT model"),
    "served_cut": (resigned(cut(SERVED)), "model.tflite is not a LiteRT model"),
    "served_fifo": (replace(SERVED, os.mkfifo), "model.tflite is not a regular file"),
    "served_folder": (replace(SERVED, Path.mkdir), "model.tflite is not a regular file"),
    "served_device": (
        replace(SERVED, lambda file: file.symlink_to("/dev/zero")),
        "model.tflite is not a regular file",
    ),
    "served_loop": (replace(SERVED, lambda file: file.symlink_to(file)), "model.tflite"),
    "other_engine": (lambda folder: change(folder, engine="tensorflow"), "is not a folder"),
    "no_engine": (lambda folder: change(folder, engine="onnx"), "engine"),
    "a space": (str, "name cannot be part of an address"),
    "{rest}": (str, "name cannot be part of an address"),
    "two\nlines": (str, "name cannot be part of an address"),
    "\udcff\udcfe": (str, "name cannot be part of an address"),
}
