"""SavedModels that read, write, call Python, or end the process: at load, or with a request."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from tests import originals
from tests.hostile import graph_changes as changes
from tests.hostile.marks import marker

Writer = Callable[[Path], Path]
Call = Callable[[tf.Tensor, str], object]


def answering(call: Call, *, dtype: tf.DType = tf.float32) -> Writer:
    """A signature that runs ``call(x, path of a marker)`` with each request."""

    def write(folder: Path) -> Path:
        place = marker(folder)

        def answer(x: tf.Tensor) -> dict[str, tf.Tensor]:
            result = call(x, place)
            # A function keeps what has an effect, and what it answers.
            return {"y": tf.identity(result if isinstance(result, tf.Tensor) else x)}

        module = tf.Module()
        module.call = tf.function(answer, input_signature=[tf.TensorSpec([None], dtype, name="x")])
        tf.saved_model.save(module, folder / "saved", signatures=module.call)
        return folder / "saved"

    return write


class _Writing(tf.saved_model.experimental.TrackableResource):
    """A resource whose initializer, or creator, writes a file when the model is loaded."""

    def __init__(self, place: str, *, when: str) -> None:
        super().__init__()
        self._place, self._when = place, when

    def _create_resource(self) -> tf.Tensor:
        if self._when == "created" and not tf.executing_eagerly():
            tf.io.write_file(self._place, "run")
        return tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64)

    def _initialize(self) -> None:
        if self._when == "initialized" and not tf.executing_eagerly():
            tf.io.write_file(self._place, "run")


def resource(when: str) -> Writer:
    def write(folder: Path) -> Path:
        module = tf.Module()
        module.resource = _Writing(marker(folder), when=when)
        module.call = tf.function(
            lambda x: {"y": x + 0 * tf.cast(_size(module.resource.resource_handle), tf.float32)},
            input_signature=[tf.TensorSpec([None], name="x")],
        )
        tf.saved_model.save(module, folder / "saved", signatures=module.call)
        Path(marker(folder)).unlink(missing_ok=True)
        return folder / "saved"

    return write


def _size(table: tf.Tensor) -> tf.Tensor:
    return tf.raw_ops.LookupTableSizeV2(table_handle=table)


def _fill_from(path: tf.Tensor) -> tf.Tensor:
    table = tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64)
    tf.raw_ops.InitializeTableFromTextFileV2(
        table_handle=table, filename=path, key_index=-2, value_index=-1
    )
    return _size(table)


def with_vocabulary(folder: Path) -> Path:
    """A legitimate model, whose vocabulary is an asset."""
    (folder / "words.txt").write_text("dog\ncat\n")
    files = tf.lookup.TextFileInitializer(
        str(folder / "words.txt"),
        *(tf.string, tf.lookup.TextFileIndex.WHOLE_LINE),
        *(tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER),
    )
    module = tf.Module()
    module.table = tf.lookup.StaticHashTable(files, -1)
    module.call = tf.function(
        lambda x: {"y": module.table.lookup(x)},
        input_signature=[tf.TensorSpec([None], tf.string, name="x")],
    )
    tf.saved_model.save(module, folder / "saved", signatures=module.call)
    return folder / "saved"


def edited(write: Callable[[Path], Any], change: Callable[[Any, Path], object]) -> Writer:
    """The program of a legitimate model, changed by hand."""

    def write_edited(folder: Path) -> Path:
        written = write(folder)
        path: Path = written[0] if isinstance(written, tuple) else written
        program = SavedModel()
        program.ParseFromString((path / "saved_model.pb").read_bytes())
        change(program.meta_graphs[0], folder)
        (path / "saved_model.pb").write_bytes(program.SerializeToString())
        return path

    return write_edited


def second_graph(folder: Path) -> Path:
    """The first graph is right; the second, for other tags, is not."""
    path, _ = originals.text_saved_model(folder)
    program = SavedModel()
    program.ParseFromString((path / "saved_model.pb").read_bytes())
    second = program.meta_graphs.add()
    second.CopyFrom(program.meta_graphs[0])
    second.meta_info_def.tags[:] = ["other"]
    second.graph_def.node.add(name="file", op="ReadFile")
    (path / "saved_model.pb").write_bytes(program.SerializeToString())
    return path


def second_program(suffix: str) -> Writer:
    """TensorFlow reads other formats too, and one of its loaders prefers them."""

    def write(folder: Path) -> Path:
        path, _ = originals.text_saved_model(folder)
        shutil.copy(path / "saved_model.pb", path / f"saved_model.{suffix}")
        return path

    return write


def symbolic_link(folder: Path) -> Path:
    path, _ = originals.text_saved_model(folder)
    (path / "assets" / "stolen").symlink_to("/etc/passwd")
    return path


def fifo(folder: Path) -> Path:
    path, _ = originals.text_saved_model(folder)
    os.mkfifo(path / "assets" / "pipe")
    return path


def _in_a_branch(x: tf.Tensor, place: str) -> tf.Tensor:
    def write() -> tf.Tensor:
        tf.io.write_file(place, "run")
        return x

    return tf.cond(tf.shape(x)[0] > 1, write, lambda: x)


def _in_a_loop(x: tf.Tensor, place: str) -> tf.Tensor:
    def body(time: tf.Tensor) -> tuple[tf.Tensor]:
        tf.io.write_file(place, "run")
        return (time + 1,)

    return tf.cast(tf.while_loop(lambda time: time < 2, body, (0,))[0], tf.float32)


def _of_lines(x: tf.Tensor, place: str) -> tf.Tensor:
    return tf.data.TextLineDataset("/etc/passwd").reduce(0, lambda count, _: count + 1)


def _of_a_cache(x: tf.Tensor, place: str) -> tf.Tensor:
    return tf.data.Dataset.range(3).cache(place).reduce(np.int64(0), lambda total, y: total + y)


_TEXT_FILE = "InitializeTableFromTextFileV2 on a file that is no asset of the model"
_FROM_REQUESTS: dict[str, tuple[Call, str]] = {
    "ReadFile": (lambda _x, _: tf.io.read_file("/etc/passwd"), "the operation ReadFile"),
    "WriteFile": (lambda _x, place: tf.io.write_file(place, "run"), "the operation WriteFile"),
    "WriteFile in a branch": (_in_a_branch, "the operation WriteFile"),
    "WriteFile in a loop": (_in_a_loop, "the operation WriteFile"),
    "MatchingFiles": (lambda _x, _: tf.io.matching_files("/*"), "the operation MatchingFiles"),
    "PrintV2 to a file": (
        lambda x, place: tf.print(x, output_stream=f"file://{place}"),
        "the operation PrintV2",
    ),
    "PrintV2": (lambda x, _: tf.print(x), "the operation PrintV2"),
    "PyFunc": (lambda x, _: tf.numpy_function(np.sin, [x], tf.float32), "the operation PyFunc"),
    "EagerPyFunc": (lambda x, _: tf.py_function(np.sin, [x], tf.float32), "EagerPyFunc"),
    "a table from a text file": (lambda _x, _: _fill_from(tf.constant("/etc/passwd")), _TEXT_FILE),
    "ImmutableConst": (
        lambda _x, _: tf.raw_ops.ImmutableConst(
            dtype=tf.uint8, shape=[8], memory_region_name="/etc/passwd"
        ),
        "the operation ImmutableConst",
    ),
    "SaveV2": (
        lambda x, place: tf.raw_ops.SaveV2(
            prefix=place, tensor_names=["x"], shape_and_slices=[""], tensors=[x]
        ),
        "the operation SaveV2 outside of its saver",
    ),
    "RestoreV2": (
        lambda _x, _: tf.raw_ops.RestoreV2(
            prefix="/etc/other", tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32]
        )[0],
        "the operation RestoreV2 outside of its saver",
    ),
    "text lines": (_of_lines, "the operation TextLineDataset"),
    "cache in a file": (_of_a_cache, "CacheDataset"),
    "DebugIdentityV3": (
        lambda x, place: tf.raw_ops.DebugIdentityV3(input=x, debug_urls=[f"file://{place}"]),
        "the operation DebugIdentityV3",
    ),
    "DecodeProtoV2": (
        lambda _x, _: tf.io.decode_proto(
            [b""], "A", ["a"], [tf.int32], descriptor_source="/etc/passwd"
        )[0],
        "the operation DecodeProtoV2",
    ),
    "FixedUnigramCandidateSampler": (
        lambda _x, _: tf.random.fixed_unigram_candidate_sampler(
            *(tf.constant([[1]], tf.int64), 1, 1, False, 10), vocab_file="/etc/passwd"
        )[0],
        "the operation FixedUnigramCandidateSampler",
    ),
    "Abort": (lambda _x, _: tf.raw_ops.Abort(), "the operation Abort"),
}


def _paths(folder: Path) -> Path:
    """Reads the file that a client names."""
    write = answering(lambda x, _: tf.io.read_file(x[0]), dtype=tf.string)
    return write(folder)


def _tables(folder: Path) -> Path:
    """Reads the vocabulary that a client names, in the function that a signature calls."""
    return answering(lambda x, _: _fill_from(x[0]), dtype=tf.string)(folder)


_OUTSIDE = "outside of its saver"
CASES: dict[str, tuple[Writer, str]] = {
    **{name: (answering(call), message) for name, (call, message) in _FROM_REQUESTS.items()},
    "reads any path": (_paths, "the operation ReadFile"),
    "reads any vocabulary": (_tables, _TEXT_FILE),
    "initializer": (resource("initialized"), "the operation WriteFile"),
    "creator": (resource("created"), "the operation WriteFile"),
    "asset out of the folder": (
        edited(with_vocabulary, changes.asset_out_of_the_folder),
        "an asset that is not in its folder, ../../words.txt",
    ),
    "asset of an absolute path": (
        edited(with_vocabulary, changes.asset_of_an_absolute_path),
        "an asset that is not in its folder, /etc/passwd",
    ),
    "initializer of a constant": (
        edited(with_vocabulary, changes.initializer_of_a_constant),
        _TEXT_FILE,
    ),
    "graph of a constant": (edited(with_vocabulary, changes.graph_of_a_constant), _TEXT_FILE),
    "signature that saves": (
        edited(originals.legacy_saved_model, changes.signature_that_saves),
        _OUTSIDE,
    ),
    "initializer that saves": (
        edited(originals.legacy_saved_model, changes.initializer_that_saves),
        _OUTSIDE,
    ),
    "restore that saves": (
        edited(originals.legacy_saved_model, changes.restore_that_saves),
        _OUTSIDE,
    ),
    "restore of a constant": (
        edited(originals.legacy_saved_model, changes.restore_of_a_constant),
        "RestoreV2 outside of its saver",
    ),
    "function that restores": (
        edited(originals.legacy_saved_model, changes.function_that_restores),
        _OUTSIDE,
    ),
    "huge constant": (
        edited(originals.text_saved_model, changes.huge_constant),
        "would fill the memory",
    ),
    "two nodes of one name": (
        edited(originals.text_saved_model, changes.two_nodes_of_one_name),
        "two operations or functions of one name",
    ),
    "unknown operation": (
        edited(originals.text_saved_model, changes.unknown_operation),
        "the operation InventedYesterday",
    ),
    "operations without inputs": (edited(with_vocabulary, changes.without_inputs), _TEXT_FILE),
    "second graph": (second_graph, "the operation ReadFile"),
    "second program in parts": (second_program("cpb"), "a second program, saved_model.cpb"),
    "second program as text": (second_program("pbtxt"), "a second program, saved_model.pbtxt"),
    "symbolic link": (symbolic_link, "a symbolic link, stolen: refused"),
    "FIFO": (fifo, "pipe, which is no regular file: refused"),
}
