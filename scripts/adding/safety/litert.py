"""``.tflite`` files: LiteRT's own operations, and tensors that fit into memory."""

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ai_edge_litert.schema_py_generated import BuiltinOperator, Model, TensorType

from model.unchecked_slices import REASON, has_unchecked_slice
from scripts.adding.sources import SourceError

# Custom operations that LiteRT's interpreter holds itself. They only compute.
_HELD = {"AudioSpectrogram", "Mfcc", "TFLite_Detection_PostProcess"}
_BYTES = {
    TensorType.BOOL: 1,
    TensorType.FLOAT16: 2,
    TensorType.INT16: 2,
    TensorType.INT4: 1,
    TensorType.INT8: 1,
    TensorType.UINT16: 2,
    TensorType.UINT8: 1,
    TensorType.FLOAT32: 4,
    TensorType.INT32: 4,
    TensorType.UINT32: 4,
    TensorType.COMPLEX128: 16,
}
_BYTES_OF_OTHERS = 8
_MAX_TENSOR_BYTES = 2_000_000_000  # a step between layers may be large; nothing needs this


def refuse_bad_litert(path: Path) -> None:
    """Raise :class:`SourceError` for operations of others, other files, and huge tensors."""
    content = path.read_bytes()
    try:
        model = Model.GetRootAs(content, 0)
        custom = sorted(set(_custom_operations(model)) - _HELD)
        external = bool(getattr(model, "ExternalBuffersLength", lambda: 0)())
        largest = max(_sizes(model), default=0)
        unchecked = has_unchecked_slice(content)
    # What the reader of a damaged flatbuffer raises.
    except (
        AttributeError,
        IndexError,
        OverflowError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise SourceError(f"{path.name} is damaged or truncated") from error
    if custom:
        raise SourceError(
            f"{path.name} needs operations that LiteRT alone does not have, "
            f"{', '.join(custom):.200}; add the Keras model or SavedModel that it was made from"
        )
    if unchecked:
        raise SourceError(
            f"{path.name} cannot be served: {REASON}; add the Keras model or SavedModel that it "
            "was made from"
        )
    if external:
        raise SourceError(f"{path.name} keeps data in another file: refused")
    if largest > _MAX_TENSOR_BYTES:
        raise SourceError(f"{path.name} has a tensor of {largest / 1e9:.1f} GB: refused")


def _custom_operations(model: Any) -> Iterator[str]:
    for place in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(place)
        if max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) == BuiltinOperator.CUSTOM:
            yield (code.CustomCode() or b"").decode("ascii", "replace")


def _sizes(model: Any) -> Iterator[int]:
    """The bytes of each tensor; a free dimension counts as one."""
    for place in range(model.SubgraphsLength()):
        graph = model.Subgraphs(place)
        for index in range(graph.TensorsLength()):
            tensor = graph.Tensors(index)
            shape = [max(1, tensor.Shape(axis)) for axis in range(tensor.ShapeLength())]
            yield math.prod(shape) * _BYTES.get(tensor.Type(), _BYTES_OF_OTHERS)
