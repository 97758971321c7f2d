"""Checks before anything is loaded: code, paths out of the folder, files that fill the disk.

Keras' own safe mode stays on as well. It is not enough: it does not cover legacy HDF5 files or
SavedModels, and its errors do not always name the layer.
"""

import zipfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath
from typing import Any

import h5py
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from scripts.adding.sources import Source, SourceError

_MAX_EXPANSION = 200  # times the stored size; trained weights hardly compress at all
_MIN_BYTES_TO_REFUSE = 100_000_000  # smaller data may expand by any factor

# Layers that contain a program, or load one from another place.
_CODE_CLASSES = {"Lambda", "__lambda__", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper"}
_KERAS_MODULES = {
    *("activations", "constraints", "dtype_policies", "initializers", "layers", "losses"),
    *("metrics", "models", "ops", "optimizers", "quantizers", "random", "regularizers"),
}
# Keras 2 stores TensorFlow functions as layers. Functions of these namespaces only compute; those
# of `tf.io` and others may touch files.
_PURE_NAMESPACES = {"__operators__", "bitwise", "compat", "image", "linalg", "math", "nn", "signal"}
_IMPURE_FUNCTIONS = {"py_function", "numpy_function", "load_op_library", "load_library"}
# Operations of a SavedModel that call Python or touch files when the model runs.
_CODE_OPERATIONS = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
_FILE_OPERATIONS = {
    *("ReadFile", "WriteFile", "MatchingFiles", "WholeFileReaderV2", "TextLineReaderV2"),
    *("TFRecordReaderV2", "TFRecordDataset", "TFRecordDatasetV2", "TextLineDataset"),
    *("FixedLengthRecordDataset", "FixedLengthRecordDatasetV2", "ImmutableConst"),
}


def refuse_hostile(source: Source) -> None:
    """Raise :class:`SourceError` for content that Keras and TensorFlow never write."""
    if source.path.is_dir():
        _refuse_links(source)
    elif source.suffix == ".keras":
        _refuse_bad_members(source)
    elif source.suffix == ".h5":
        with h5py.File(source.path, "r") as file:
            refuse_bad_hdf5(file, source.path.name)


def refuse_code(source: Source, allowed: AbstractSet[str]) -> None:
    """Raise :class:`SourceError` if loading or running the model would run code of its author.

    ``allowed`` are the names of classes and functions that the user has given.
    """
    if source.kind == "SavedModel":
        operations = _operations_of(source) & (_CODE_OPERATIONS | _FILE_OPERATIONS)
        reasons = [f"the operation {name}" for name in sorted(operations)]
    else:
        reasons = list(_code_in(source.architecture, allowed))
    if reasons:
        raise SourceError(
            f"{source.path.name} contains code: {'; '.join(dict.fromkeys(reasons))}. If you trust "
            "its author, add --allow-code (for a Lambda layer) or --custom-objects MODULE:NAME "
            "(for a class or function of yours)"
        )


def _code_in(config: object, allowed: AbstractSet[str]) -> Iterator[str]:
    """The parts of a Keras configuration that are not Keras' own, described."""
    if isinstance(config, dict):
        name = config.get("class_name")
        if isinstance(name, str) and name.rsplit(">", 1)[-1] not in allowed:
            yield from _code_of_class(name, config)
        for value in config.values():
            yield from _code_in(value, allowed)
    elif isinstance(config, list):
        for value in config:
            yield from _code_in(value, allowed)


def _code_of_class(name: str, config: dict[str, Any]) -> Iterator[str]:
    inner = config.get("config")
    layer_name = f" '{inner['name']}'" if isinstance(inner, dict) and "name" in inner else ""
    if name in _CODE_CLASSES:
        yield f"the layer{layer_name} of class {name}"
    elif name == "TFOpLambda" and not _only_computes(inner):
        yield f"the layer{layer_name}, which calls tf.{_function_of(inner)}"
    elif "module" in config and not _of_keras(config["module"], name):
        yield f"the custom object {config['module']}:{name}"
    elif "module" not in config and ">" in name:  # "package>Class", registered by its author
        yield f"the custom object {name}"


def _of_keras(module: object, class_name: str) -> bool:
    if module == "builtins":
        return class_name == "function"  # the name of an activation, a loss or a metric
    parts = str(module).split(".")
    if parts[0] != "keras":
        return module is None
    parts = [part for part in parts[1:] if part != "src"]
    return not parts or parts[0] in _KERAS_MODULES


def _function_of(config: object) -> str:
    return str(config.get("function", "")) if isinstance(config, dict) else ""


def _only_computes(config: object) -> bool:
    *namespaces, function = _function_of(config).split(".")
    return function not in _IMPURE_FUNCTIONS and set(namespaces) <= _PURE_NAMESPACES


def _operations_of(source: Source) -> set[str]:
    program = SavedModel()
    try:
        program.ParseFromString((source.path / "saved_model.pb").read_bytes())
    except DecodeError as error:
        raise SourceError(
            f"{source.path.name} has a damaged or truncated saved_model.pb"
        ) from error
    graphs = [meta.graph_def for meta in program.meta_graphs]
    if not graphs:
        raise SourceError(f"{source.path.name} has an empty saved_model.pb")
    nodes = [node for graph in graphs for node in graph.node]
    nodes += [node for graph in graphs for call in graph.library.function for node in call.node_def]
    return {node.op for node in nodes}


def _refuse_links(source: Source) -> None:
    for path in source.path.rglob("*"):
        if path.is_symlink():
            raise SourceError(f"{source.path.name} holds a symbolic link, {path.name}: refused")


def _refuse_bad_members(source: Source) -> None:
    with zipfile.ZipFile(source.path) as archive:
        total = 0
        for member in archive.infolist():
            path = PurePosixPath(member.filename.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or ":" in member.filename:
                raise SourceError(f"{source.path.name} holds a path out of its folder: refused")
            total += member.file_size
        _refuse_expansion(source.path.name, total, source.path.stat().st_size)
        try:
            damaged = archive.testzip()
            if damaged is None and "model.weights.h5" in archive.namelist():
                with archive.open("model.weights.h5") as weights, h5py.File(weights, "r") as file:
                    refuse_bad_hdf5(file, source.path.name)
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError) as error:
            raise SourceError(f"{source.path.name} is a damaged or truncated file") from error
        if damaged is not None:
            raise SourceError(f"{source.path.name} is damaged: {damaged} fails its checksum")


def refuse_bad_hdf5(group: h5py.Group, name: str) -> None:
    """Raise :class:`SourceError` for data that lies in another file, or would fill the memory."""
    for key in group:
        link = group.get(key, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise SourceError(f"{name} points into another file: refused")
        if isinstance(link, h5py.SoftLink):
            continue
        member = group[key]
        if isinstance(member, h5py.Group):
            refuse_bad_hdf5(member, name)
        elif isinstance(member, h5py.Dataset):
            if member.external or member.is_virtual:
                raise SourceError(f"{name} keeps data in another file: refused")
            _refuse_expansion(name, member.nbytes, member.id.get_storage_size())


def _refuse_expansion(name: str, expanded: int, stored: int) -> None:
    if expanded > max(_MIN_BYTES_TO_REFUSE, _MAX_EXPANSION * stored):
        raise SourceError(f"{name} would unpack to {expanded / 1e9:.1f} GB: refused")
