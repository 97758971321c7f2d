"""The dialects as a client speaks them: golden inputs to a request, an answer back to outputs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from functions.api.dialects import binary_tensors
from functions.api.dialects.infer_tensors import describe_binary_tensor, describe_tensor
from functions.replay import (
    PREDICT_QUERY,
    as_answered,
    as_text,
    predict_body,
    predict_path,
    read_outputs,
)
from inference.calls import Call
from inference.errors import InferenceError
from inference.metadata import Metadata
from inference.rows import from_rows, to_rows
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import Json, from_json, to_json
from scripts.smoking.client import Answer

_JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Question:
    """A request of a dialect, what its outputs are to be, and how they are read."""

    path: str
    body: bytes
    read: Callable[[Answer], Tensors]
    expected: Tensors
    headers: Mapping[str, str] = field(default_factory=lambda: _JSON)


@dataclass(frozen=True)
class Dialect:
    """``ask`` makes a request of a call; ``fits`` tells whether a signature can be asked so.

    ``only_finite``: NaN and infinity cannot be sent.
    """

    name: str
    ask: Callable[[Metadata, str, Call], Question]
    fits: Callable[[Metadata, str], bool] = lambda _metadata, _signature: True
    only_finite: bool = False


def _v1(metadata: Metadata, name: str, call: Call) -> Question:
    """Columns of TensorFlow Serving's dialect, as the pre-traffic hook asks."""
    signature = metadata.signatures[name]
    return Question(
        f"{predict_path(metadata.name)}?{PREDICT_QUERY}",
        predict_body(name, call.inputs),
        lambda answer: read_outputs(answer.body, signature),
        as_answered(call.outputs),
    )


def _v2(metadata: Metadata, name: str, call: Call) -> Question:
    body = {
        "parameters": {"signature_name": name},
        "inputs": [
            describe_tensor(tensor, array) | {"data": to_json(np.ravel(array), as_b64=True)}
            for tensor, array in call.inputs.items()
        ],
    }
    return Question(
        f"/v2/models/{metadata.name}/infer?{PREDICT_QUERY}",
        json.dumps(body).encode(),
        partial(_read_v2, metadata, metadata.signatures[name]),
        as_text(call.outputs),
    )


def _v2_binary(metadata: Metadata, name: str, call: Call) -> Question:
    raw = {tensor: binary_tensors.encode(array) for tensor, array in call.inputs.items()}
    header = json.dumps(
        {
            "parameters": {"signature_name": name, "binary_data_output": True},
            "inputs": [
                describe_binary_tensor(tensor, array, len(raw[tensor]))
                for tensor, array in call.inputs.items()
            ],
        }
    ).encode()
    return Question(
        f"/v2/models/{metadata.name}/infer",
        header + b"".join(raw.values()),
        partial(_read_v2, metadata, metadata.signatures[name]),
        call.outputs,
        {
            "content-type": "application/octet-stream",
            binary_tensors.HEADER_LENGTH: str(len(header)),
        },
    )


def _typed(metadata: Metadata, name: str, call: Call) -> Question:
    rows = to_rows(call.inputs)
    return Question(
        f"/models/{metadata.name}/predict",
        json.dumps({"instances": rows}).encode(),
        partial(_read_typed, metadata, metadata.signatures[name]),
        {tensor: _nan_only(array) for tensor, array in as_text(call.outputs).items()},
    )


def _is_typed(metadata: Metadata, name: str) -> bool:
    return name == metadata.default_signature and metadata.signature.takes_rows


DIALECTS = (
    Dialect("V1", _v1),
    Dialect("V2", _v2),
    Dialect("V2 binary", _v2_binary),
    Dialect("typed", _typed, _is_typed, only_finite=True),
)


def _nan_only(array: Any) -> Any:  # noqa: ANN401 - NumPy's
    """Infinity as the typed route writes it: null, which is read as NaN."""
    if array.dtype.kind != "f":
        return array
    return np.where(np.isfinite(array), array, array.dtype.type("nan"))


def _object(content: bytes) -> dict[str, Json]:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise InferenceError("the answer is no JSON") from error
    if not isinstance(value, dict):
        raise InferenceError("the answer is no JSON object")
    return value


def _require(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise InferenceError(f"{what} is {found!r:.100}, expected {expected!r:.100}")


def _read_v2(metadata: Metadata, signature: Signature, answer: Answer) -> Tensors:
    """Tensors of JSON, or of the bytes that follow it."""
    length = answer.headers.get(binary_tensors.HEADER_LENGTH.lower(), "")
    size = int(length) if length.isdecimal() else len(answer.body)
    head, raw = _object(answer.body[:size]), memoryview(answer.body)[size:]
    _require("model_name", head.get("model_name"), metadata.name)
    _require("model_version", head.get("model_version"), str(metadata.version))
    outputs: dict[str, Any] = {}
    try:
        for tensor in head["outputs"]:
            spec = signature.outputs.get(tensor["name"])
            if spec is None:
                raise InferenceError(f"the answer has an output {tensor['name']!r:.80}")
            size = tensor.get("parameters", {}).get("binary_data_size")
            if size is None:
                flat = from_json(tensor["data"], _flat(spec), tensor["name"])
            else:
                flat, raw = binary_tensors.decode(raw[:size], spec, tensor["name"]), raw[size:]
            outputs[tensor["name"]] = flat.reshape(tensor["shape"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InferenceError(f"the answer's outputs cannot be read: {error!r:.200}") from error
    return outputs


def _flat(spec: TensorSpec) -> TensorSpec:
    return TensorSpec(dtype=spec.dtype, shape=(-1,))


def _read_typed(metadata: Metadata, signature: Signature, answer: Answer) -> Tensors:
    content = _object(answer.body)
    _require("model", content.get("model"), metadata.name)
    _require("version", content.get("version"), metadata.version)
    rows = content.get("predictions")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InferenceError("the answer has no list of objects 'predictions'")
    names = signature.outputs.keys()
    given = [{name: row[name] for name in names if name in row} for row in rows]
    floats = {name for name in names if signature.outputs[name].dtype.startswith("float")}
    filled = [
        {name: _filled(value) if name in floats else value for name, value in row.items()}
        for row in given
    ]
    outputs = from_rows(
        filled, Signature(inputs=signature.outputs, outputs={}), root="predictions", only_named=True
    )
    _require_labels(metadata, outputs, rows)
    return outputs


def _filled(value: Json) -> Json:
    """NaN in the place of null."""
    if isinstance(value, list):
        return [_filled(each) for each in value]
    return float("nan") if value is None else value


def _require_labels(metadata: Metadata, outputs: Tensors, rows: list[dict[str, Json]]) -> None:
    """The label of each row is that of its best score, by this folder's list of labels."""
    for array in outputs.values():
        if metadata.labels and array.shape[1:] == (len(metadata.labels),):
            for number, (row, scores) in enumerate(zip(rows, array, strict=True)):
                if np.isfinite(scores).all():
                    label = metadata.labels[int(np.argmax(scores))]
                    _require(f"row {number}: label", row.get("label"), label)
            return
