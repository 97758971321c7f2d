"""A model's signature as JSON Schema: what its typed route takes and answers."""

from typing import Any

from inference.inputs.cells import number_schema
from inference.inputs.tables import ColumnInput, TableInput
from inference.limits import Limits
from inference.models import Metadata
from inference.outputs import beside_schema, prediction_schema
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
    limits = metadata.limits
    instances = {
        "type": "array",
        "items": _instance(metadata),
        "minItems": 1,
        "maxItems": limits.rows,
    }
    schema = _object({"instances": instances})
    schema["description"] = (
        f"At most {limits.values} values in all."
        + _SAME_LENGTH * _has_free_length(metadata.signature)
    )
    return schema if example is None else schema | {"example": {"instances": [example]}}


def _instance(metadata: Metadata) -> Schema:
    """A row: for a declared input what people write, or the tensor's raw form."""
    least = 1 if metadata.engine == "litert" else 0
    properties: Schema = {}
    required: list[str] = []
    for name, spec in metadata.signature.inputs.items():
        raw = _row(spec, metadata.limits, least)
        declared = metadata.inputs.get(name)
        if isinstance(declared, TableInput):
            # The table's columns may stand in the row itself.
            properties |= declared.json_schema(spec)["properties"]
            properties[name] = {"anyOf": [declared.json_schema(spec), raw]}
            continue
        properties[name] = {"anyOf": [declared.json_schema(spec), raw]} if declared else raw
        if not (isinstance(declared, ColumnInput) and declared.missing is not None):
            required.append(name)
    return _object(properties) | {"required": required}


_SAME_LENGTH = " Lists of one place have the same length in all rows."


def _has_free_length(signature: Signature) -> bool:
    return any(-1 in spec.shape[1:] for spec in signature.inputs.values())


def upload_schemas(metadata: Metadata) -> dict[str, Schema]:
    """What the typed route takes beside JSON and CSV, by type, as OpenAPI's media types."""
    fields: Schema = {}
    required: list[str] = []
    for name, spec in metadata.signature.inputs.items():
        declared = metadata.inputs.get(name)
        if isinstance(declared, TableInput):
            of_columns = declared.json_schema(spec)
            fields |= of_columns["properties"]
            required += of_columns["required"]
            continue
        fields[name] = _FILE if name in metadata.images else {"type": "string"}
        if isinstance(declared, ColumnInput):
            fields[name] = declared.json_schema(spec)
        if getattr(declared, "missing", None) is None:
            required.append(name)
    form = _object(fields) | {"required": required}
    return {
        "image/*": {"schema": _FILE},
        "multipart/form-data": {"schema": form},
        "text/plain": {"schema": {"type": "string"}},
    }


_FILE = {"type": "string", "format": "binary"}


def response_schema(metadata: Metadata) -> Schema:
    """``{"model", "version", "predictions": [{output: values, …}, …]}``.

    With ``top`` each prediction is a list of labels. A body that is one value gets its prediction
    alone.
    """
    signature, outputs, labels = metadata.signature, metadata.outputs, metadata.labels
    raw = {name: _row(spec) for name, spec in signature.outputs.items()}
    # An output keeps its value where a field has the same name.
    row = _object(beside_schema(signature, outputs, labels) | raw)
    alone = prediction_schema(signature, outputs, labels, raw, many=metadata.has_classes)
    rows = _either(row, *[alone] * metadata.has_classes)
    fixed = {"model": {"const": metadata.name}, "version": {"const": metadata.version}}
    answer = _object({**fixed, "predictions": {"type": "array", "items": rows}})
    return _either(answer, *[alone] * bool(metadata.inputs))


def _either(*schemas: Schema) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


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
    return number_schema(spec)
