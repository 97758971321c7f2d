"""Slices that LiteRT runs without looking whether they lie in their tensor.

A slice that takes one place of an axis, ``x[i]``, reads foreign memory where ``i`` is computed from
the inputs and lies outside. LiteRT checks all other operations that take places, such as
``tf.gather``. Loops are passed over: there ``i`` counts the steps.
"""

from collections.abc import Iterator
from typing import Any

from ai_edge_litert.schema_py_generated import BuiltinOperator, Model, StridedSliceOptions

REASON = "it takes the value at a place that it computes, which LiteRT does not check"


def has_unchecked_slice(flatbuffer: bytes) -> bool:
    """Whether a signature of a LiteRT model has such a slice.

    Raises what the reader of a damaged flatbuffer raises.
    """
    model = Model.GetRootAs(flatbuffer, 0)
    signatures = range(model.SignatureDefsLength())
    entries = {model.SignatureDefs(place).SubgraphIndex() for place in signatures} or {0}
    return any(
        _is_unchecked(model, entry, found) for entry in entries for found in _slices(model, entry)
    )


def _slices(model: Any, entry: int) -> Iterator[Any]:  # noqa: ANN401 - the schema has no types
    graph = model.Subgraphs(entry)
    for place in range(graph.OperatorsLength()):
        operator = graph.Operators(place)
        code = model.OperatorCodes(operator.OpcodeIndex())
        if max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) == BuiltinOperator.STRIDED_SLICE:
            yield operator


def _is_unchecked(model: Any, entry: int, operator: Any) -> bool:  # noqa: ANN401
    table = operator.BuiltinOptions()
    options = StridedSliceOptions()
    options.Init(table.Bytes, table.Pos)
    begin = model.Subgraphs(entry).Tensors(operator.Inputs(1))
    is_constant = model.Buffers(begin.Buffer()).DataLength() > 0
    return bool(options.ShrinkAxisMask()) and not is_constant
