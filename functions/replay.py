"""Golden calls as requests: cut to what one request may hold, sent, and compared with the answer.

Who replays golden files over HTTP asks in TensorFlow Serving's ``:predict``, in column form, which
every signature of every model has::

    for part in cut(call, metadata, signature_name, size_of):
        body = predict_body(signature_name, part.call.inputs)  # POST to predict_path(name)
        compare(read_outputs(answer, signature), as_answered(part.call.outputs), part.scales)

NaN and infinity are asked for as bare words, so that they come back as they are.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.agreement import Scale, require_agreement, scales_of
from inference.calls import Call
from inference.errors import InferenceError, TooLargeError
from inference.metadata import Metadata
from inference.rows import from_columns
from inference.signatures import Signature, Tensors
from inference.tensors import to_json

PREDICT_QUERY = "nan=tokens"
# Lambda takes and gives 6 MB. Binary bodies travel in base64, and JSON's quotes are escaped.
MOST_BYTES = 4_400_000


@dataclass(frozen=True)
class Part:
    """Some rows of a golden call: ``call`` holds them, ``first`` is the number of the first."""

    call: Call
    first: int
    rows: int
    scales: Mapping[str, Scale]  # of all rows' outputs


class UnsendableRowError(InferenceError):
    """One row alone is more than a request may hold."""


def predict_path(model: str) -> str:
    """Where the model's signatures are asked."""
    return f"/v1/models/{model}:predict"


def predict_body(signature: str, inputs: Tensors) -> bytes:
    """The request's body."""
    columns = {name: to_json(array, as_b64=True) for name, array in inputs.items()}
    return json.dumps({"signature_name": signature, "inputs": columns}).encode()


def read_outputs(body: bytes | str, signature: Signature) -> Tensors:
    """The outputs in an answer of status 200. Raises :class:`InferenceError` if it has none."""
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise InferenceError("the answer is no JSON") from error
    if not isinstance(answer, dict) or "outputs" not in answer:
        raise InferenceError("the answer has no 'outputs'")
    outputs = answer["outputs"]
    if len(signature.outputs) == 1:
        outputs = {next(iter(signature.outputs)): outputs}
    return from_columns(outputs, Signature(inputs=signature.outputs, outputs={}), root="outputs")


def as_answered(outputs: Tensors) -> Tensors:
    """Golden outputs as ``:predict`` answers them: an output named ``…_bytes`` is kept as it is."""
    texts = as_text(outputs)
    return {name: outputs[name] if name.endswith("_bytes") else texts[name] for name in outputs}


def as_text(outputs: Tensors) -> Tensors:
    """Outputs as JSON gives them back: bytes that are no UTF-8 become replacement characters."""
    return {
        name: _as_text(array) if array.dtype.kind == "O" else array
        for name, array in outputs.items()
    }


def _as_text(array: NDArray[Any]) -> NDArray[Any]:
    readable = np.empty(array.size, object)
    readable[:] = [bytes(text).decode("utf-8", "replace").encode() for text in array.ravel()]
    return readable.reshape(array.shape)


def compare(outputs: Tensors, expected: Tensors, scales: Mapping[str, Scale]) -> float:
    """The largest difference. Raises :class:`inference.errors.DisagreementError`.

    An empty list of JSON does not tell the sizes that follow its own.
    """
    return require_agreement(
        {
            name: expected[name]
            if name in expected and array.size == expected[name].size == 0
            else array
            for name, array in outputs.items()
        },
        expected,
        scales,
    )


def cut(
    call: Call, metadata: Metadata, signature: str, size_of: Callable[[Call], int]
) -> Iterator[Part]:
    """The call in as few parts as the model's limits and :data:`MOST_BYTES` allow.

    ``size_of`` gives the bytes of a request, or of its answer. A call is sent whole where it fits,
    because a model's rows may depend on each other.

    Raises :class:`UnsendableRowError` for a row, or a call without rows, that never fits.
    """
    described = metadata.signatures[signature]
    has_rows = all(spec.shape[:1] == (-1,) for spec in described.outputs.values())
    total = described.rows(call.inputs) if has_rows else 1
    scales = scales_of(call.outputs)
    start = 0
    step = min(total, metadata.max_batch) if has_rows else 1
    while start < total:
        part = rows_of(call, described, start, start + step) if has_rows else call
        if problem := _problem(part, metadata, described, size_of):
            if step == 1:
                raise UnsendableRowError(f"row {start}: {problem}")
            step = max(1, step // 2)
            continue
        rows = min(step, total - start)
        yield Part(part, start, rows if has_rows else described.rows(call.inputs), scales)
        start += rows


def rows_of(call: Call, signature: Signature, start: int, stop: int) -> Call:
    """These rows of a call all of whose outputs have rows; inputs of a fixed size stay whole."""

    def some(tensors: Tensors, fixed: set[str]) -> Tensors:
        return {
            name: array if name in fixed else array[start:stop] for name, array in tensors.items()
        }

    fixed = {name for name, spec in signature.inputs.items() if spec.shape[:1] != (-1,)}
    return Call(some(call.inputs, fixed), some(call.outputs, set()))


def _problem(
    part: Call, metadata: Metadata, signature: Signature, size_of: Callable[[Call], int]
) -> str | None:
    try:
        metadata.limits.require(part.inputs, signature)
    except TooLargeError as error:
        return str(error)
    size = size_of(part)
    return None if size <= MOST_BYTES else f"{size} bytes, {MOST_BYTES} is the most that is sent"
