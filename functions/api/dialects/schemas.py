"""A model's signature as JSON Schema: what its typed route takes and answers."""

from typing import Any

import numpy as np

from inference.limits import Limits
from inference.models import Metadata
from inference.signatures import Signature, TensorSpec
from inference.tensors import Json

Schema = dict[str, Any]
_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_TEXT = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"b64": {"type": "string", "pattern": _BASE64}},
            "required": ["b64"],
            "additionalProperties": False,
        },
    ]
}


def request_schema(metadata: Metadata, example: dict[str, Json] | None) -> Schema:
    """``{"instances": [{input: values, …}, …]}``, an object for each row."""
    inputs, limits = metadata.signature.inputs, metadata.limits
    least = 1 if metadata.engine == "litert" else 0
    instances = {
        "type": "array",
        "items": _object({name: _row(spec, limits, least) for name, spec in inputs.items()}),
        "minItems": 1,
        "maxItems": limits.rows,
    }
    schema = _object({"instances": instances})
    schema["description"] = (
        f"At most {limits.values} values in all."
        + _SAME_LENGTH * _has_free_length(metadata.signature)
    )
    return schema if example is None else schema | {"example": {"instances": [example]}}


_SAME_LENGTH = " Lists of one place have the same length in all rows."


def _has_free_length(signature: Signature) -> bool:
    return any(-1 in spec.shape[1:] for spec in signature.inputs.values())


def response_schema(metadata: Metadata) -> Schema:
    """``{"model", "version", "predictions": [{output: values, …}, …]}``."""
    fields = {name: _row(spec) for name, spec in metadata.signature.outputs.items()}
    if metadata.labels:
        score = {"anyOf": [{"type": "number"}, {"type": "null"}]}
        fields |= {"label": {"enum": metadata.labels}, "score": score}
    predictions = {"type": "array", "items": _object(fields)}
    fixed = {"model": {"const": metadata.name}, "version": {"const": metadata.version}}
    return _object({**fixed, "predictions": predictions})


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _row(spec: TensorSpec, limits: Limits | None = None, least: int = 0) -> Schema:
    """Lists in lists for every dimension but the batch, as long as the signature says.

    With limits it is an input, which has bounds, and ``least`` is that of a free length. An
    output's NaN and infinity are ``null``.
    """
    value = _value(spec)
    row: Schema = value if limits else {"anyOf": [_unbounded(value), {"type": "null"}]}
    for size in reversed(spec.shape[1:]):
        row = {"type": "array", "items": row}
        if size >= 0:
            row |= {"minItems": size, "maxItems": size}
        elif limits:
            row |= {"minItems": least, "maxItems": limits.length}
    return row


def _unbounded(value: Schema) -> Schema:
    return {key: value[key] for key in value if not key.lower().endswith(("minimum", "maximum"))}


def _value(spec: TensorSpec) -> Schema:
    """One number, truth value or text. Nothing is converted: ``true`` is not taken as 1."""
    if spec.dtype == "string":
        return _TEXT
    if spec.dtype == "bool":
        return {"type": "boolean"}
    if not spec.dtype.startswith("float"):
        bounds = np.iinfo(spec.dtype)
        return {"type": "integer", "minimum": int(bounds.min), "maximum": int(bounds.max)}
    largest = np.finfo(spec.dtype).max
    # A number that is closer to the largest float than to the next power of two is rounded to it.
    step = float(largest) - float(np.nextafter(largest, largest.dtype.type(0)))
    beyond = float(largest) + step / 2
    if not np.isfinite(beyond):
        return {"type": "number", "minimum": -float(largest), "maximum": float(largest)}
    return {"type": "number", "exclusiveMinimum": -beyond, "exclusiveMaximum": beyond}
