"""Bounds of the inputs of a ``.tflite`` file."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from ai_edge_litert.schema_py_generated import BuiltinOperator, GatherOptions, Model, TensorType

from inference.signatures import Signature
from scripts.adding.sampling.bounds import BoundsRules, Fact, Role, SignatureBounds

_ROLES: dict[str, Role] = {
    **dict.fromkeys(
        (
            *("RESHAPE", "EXPAND_DIMS", "SQUEEZE", "SLICE", "STRIDED_SLICE", "TRANSPOSE"),
            *("CONCATENATION", "PACK", "UNPACK", "SPLIT", "SPLIT_V", "TILE", "BROADCAST_TO"),
            *("SELECT", "SELECT_V2", "MAXIMUM", "PAD", "PADV2", "REVERSE_V2", "ROUND", "FLOOR"),
            "GATHER_ND",
        ),
        "pass",
    ),
    "GATHER": "gather",
    "EMBEDDING_LOOKUP": "gather",
    "ONE_HOT": "one_hot",
    "MUL": "multiply",
    "DIV": "divide",
    "ADD": "add",
    "SUB": "subtract",
}
_KEEPING = ("CAST", "QUANTIZE", "DEQUANTIZE")
_NAMES = {number: name for name, number in vars(BuiltinOperator).items() if name.isupper()}
_VALUES = {TensorType.FLOAT32: np.dtype("<f4"), TensorType.INT32: np.dtype("<i4")}
_MOST_VALUES = 64


def litert_bounds(
    content: bytes, signatures: Mapping[str, Signature]
) -> dict[str, SignatureBounds]:
    """By signature. ``signatures`` tell the inputs' names of a file that has none."""
    model = Model.GetRootAs(content, 0)
    named = {
        definition.SignatureKey().decode(): (
            definition.SubgraphIndex(),
            {
                definition.Inputs(place).Name().decode(): definition.Inputs(place).TensorIndex()
                for place in range(definition.InputsLength())
            },
        )
        for definition in map(model.SignatureDefs, range(model.SignatureDefsLength()))
    }
    if not named:
        indices = [model.Subgraphs(0).Inputs(i) for i in range(model.Subgraphs(0).InputsLength())]
        named = {
            name: (0, dict(zip(signature.inputs, indices, strict=True)))
            for name, signature in signatures.items()
        }
    return {name: _visit(model, *named[name]) for name in signatures if name in named}


def _visit(model: Any, subgraph: int, inputs: Mapping[str, int]) -> SignatureBounds:
    """Operators stand in the order of their computation."""
    graph, rules = model.Subgraphs(subgraph), BoundsRules()
    facts = {
        index: _constant(model, graph.Tensors(index)) for index in range(graph.TensorsLength())
    }
    facts |= {index: Fact(frozenset({name})) for name, index in inputs.items()}
    for operator in map(graph.Operators, range(graph.OperatorsLength())):
        code = model.OperatorCodes(operator.OpcodeIndex())
        name = _NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        operands = [facts.get(operator.Inputs(i), Fact()) for i in range(operator.InputsLength())]
        if name in _KEEPING:
            result = operands[0]
        elif name in _ROLES:
            if name == "EMBEDDING_LOOKUP":
                operands.reverse()
            result = rules.apply(_ROLES[name], operands, _axis(name, operator))
        else:
            continue
        for place in range(operator.OutputsLength()):
            facts[operator.Outputs(place)] = result
    return {name: rules.of(name) for name in inputs}


def _axis(name: str, operator: Any) -> int:
    if name != "GATHER" or not (table := operator.BuiltinOptions()):
        return 0
    options = GatherOptions()
    options.Init(table.Bytes, table.Pos)
    return int(options.Axis())


def _constant(model: Any, tensor: Any) -> Fact:
    buffer = model.Buffers(tensor.Buffer())
    if not (buffer.DataLength() or buffer.Size()):
        return Fact()
    shape = tuple(tensor.Shape(place) for place in range(tensor.ShapeLength()))
    dtype = _VALUES.get(tensor.Type())
    value = None
    if dtype and buffer.DataLength() and np.prod(shape) <= _MOST_VALUES:
        value = np.frombuffer(buffer.DataAsNumpy().tobytes(), dtype)
    return Fact(shape=shape, value=value)
