"""``.tflite`` files with operations and data of others, and with tensors that fit nowhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from tests import originals


def changed(change: Callable[[Any], object]) -> Callable[[Path], Path]:
    """A small file, unpacked, changed and packed again."""

    def write(folder: Path) -> Path:
        path, _ = originals.litert_of_one_row(folder)
        model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
        change(model)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        path.write_bytes(bytes(builder.Output()))
        return path

    return write


def custom_operation(name: str) -> Callable[[Path], Path]:
    def change(model: Any) -> None:
        code = model.operatorCodes[0]
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        code.customCode = name

    return changed(change)


def external_buffer(model: Any) -> None:
    group = schema.ExternalBufferGroupT()
    group.name = "/etc/passwd"
    buffer = schema.ExternalBufferT(id=1, group=0, offset=0, length=60)
    model.externalBufferGroups, model.externalBuffers = [group], [buffer]


def huge_tensor(model: Any) -> None:
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].shape = [1, 10**6, 10**6]


CASES = {
    "custom operation": (custom_operation("Steal"), "does not have, Steal; add the Keras model"),
    "Flex operation": (custom_operation("FlexWriteFile"), "does not have, FlexWriteFile"),
    "external buffer": (changed(external_buffer), "keeps data in another file: refused"),
    "huge tensor": (changed(huge_tensor), "a tensor of 4000.0 GB: refused"),
}
