"""``:classify`` and ``:regress`` of TensorFlow Serving's REST API: examples as objects of features.

A request, and its answer for a signature that classifies and for one that regresses::

    {"context": {"country": "is"}, "examples": [{"age": 41}, {"age": [7]}]}
    {"results": [[["buys", 0.9], ["leaves", 0.1]], [["buys", 0.2], ["leaves", 0.8]]]}
    {"results": [0.9, 0.2]}

The features are written as serialized ``tf.Example`` records, which such signatures take.
"""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from itertools import islice
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray

from functions.api.deps import Models, NonFinite, Predict, Version
from functions.api.dialects import DialectRoute, find_model
from functions.api.dialects.answers import json_response
from functions.api.dialects.json_text import decode, read_object
from functions.api.errors import BODY_STATUSES, declare
from inference.errors import MOST_PLACES, InvalidInputError, Place
from inference.features import features_of_json
from inference.models import Metadata
from inference.signatures import FeatureSpec, Signature, Tensors
from inference.tensors import Json, to_json
from inference.tf_examples import encode

router = APIRouter(
    prefix="/v1",
    tags=["TensorFlow Serving"],
    route_class=DialectRoute,
    responses=declare(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)

Verb = Literal["classify", "regress"]
Encode = Callable[[Tensors], dict[str, Any]]
_INPUT = "inputs"
_OUTPUTS: dict[Verb, frozenset[str]] = {
    "classify": frozenset({"classes", "scores"}),
    "regress": frozenset({"outputs"}),
}
_FEATURES = {"type": "object", "description": "values by feature: one, or a list"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "signature_name": {"type": "string"},
                        "context": _FEATURES | {"description": "features of all examples"},
                        "examples": {"type": "array", "minItems": 1, "items": _FEATURES},
                    },
                    "required": ["examples"],
                },
            }
        },
    }
}


@router.post(
    "/models/{name:model}/versions/{version:model}:classify",
    summary="Classify with one version",
    openapi_extra=_BODY,
    responses=declare(*BODY_STATUSES),
)
@router.post(
    "/models/{name:model}:classify",
    summary="Classify",
    openapi_extra=_BODY,
    responses=declare(*BODY_STATUSES),
)
async def classify(
    name: str,
    request: Request,
    models: Models,
    predictor: Predict,
    version: Version,
    nan: NonFinite = "null",
) -> Response:
    """Examples (``examples``) to a list of labels and scores for each (``results``)."""
    metadata = find_model(models, name, version)
    return await _answer("classify", metadata, await request.body(), predictor, nan)


@router.post(
    "/models/{name:model}/versions/{version:model}:regress",
    summary="Regress with one version",
    openapi_extra=_BODY,
    responses=declare(*BODY_STATUSES),
)
@router.post(
    "/models/{name:model}:regress",
    summary="Regress",
    openapi_extra=_BODY,
    responses=declare(*BODY_STATUSES),
)
async def regress(
    name: str,
    request: Request,
    models: Models,
    predictor: Predict,
    version: Version,
    nan: NonFinite = "null",
) -> Response:
    """Examples (``examples``) to a number for each (``results``)."""
    metadata = find_model(models, name, version)
    return await _answer("regress", metadata, await request.body(), predictor, nan)


async def _answer(
    verb: Verb, metadata: Metadata, body: bytes, predictor: Predict, nan: NonFinite
) -> Response:
    inputs, name = await decode(len(body), metadata, partial(_decode, verb, metadata, body))
    rows = len(next(iter(inputs.values())))

    def answer(outputs: Tensors) -> Response:
        results: Any = (
            _numbers(outputs["outputs"], rows)
            if verb == "regress"
            else _scored_labels(outputs, rows, metadata.labels)
        )
        return json_response({"results": results}, nan, predictor.max_answer_bytes)

    return await predictor.run(metadata, inputs, name, answer)


def find_signature(metadata: Metadata, body: Mapping[str, Json]) -> tuple[str, Signature]:
    """The signature that a request names, or the default one. Raises :class:`InvalidInputError`."""
    name = body.get("signature_name", "")
    name = metadata.default_signature if name == "" else name
    signature = metadata.signatures.get(name) if isinstance(name, str) else None
    if signature is None:
        raise InvalidInputError(f"Serving signature name: {name!r:.80} not found in signature def")
    return name, signature


def _decode(verb: Verb, metadata: Metadata, content: bytes) -> tuple[Tensors, str]:
    """Serialized examples, and the name of their signature."""
    body = read_object(content, metadata)
    name, signature = find_signature(metadata, body)
    _require_verb(verb, name, signature)
    examples, context = body.get("examples"), body.get("context", {})
    if not isinstance(examples, list) or not examples:
        raise InvalidInputError("'examples' must be a non-empty list of objects")
    metadata.limits.require_rows(len(examples))
    if not isinstance(context, dict):
        raise InvalidInputError("'context' must be an object")
    serialized = np.empty(len(examples), object)
    wrong = []
    for place, example in enumerate(examples):
        try:
            serialized[place] = _serialize(example, context, signature.features)
        except InvalidInputError as error:
            wrong.append(Place(f"examples.{place}", str(error), "invalid_example"))
    if wrong:
        raise InvalidInputError(wrong[0].message, list(islice(wrong, MOST_PLACES)))
    return {_INPUT: serialized}, name


def _require_verb(verb: Verb, name: str, signature: Signature) -> None:
    """By the names of its tensors, as TensorFlow Serving does: TensorFlow 2 writes no method."""
    spec = signature.inputs.get(_INPUT)
    takes_examples = spec is not None and (spec.dtype, spec.shape) == ("string", (-1,))
    outputs = signature.outputs.keys()
    if len(signature.inputs) == 1 and takes_examples and outputs and outputs <= _OUTPUTS[verb]:
        return
    takes = {key: f"{spec.dtype}{list(spec.shape)}" for key, spec in signature.inputs.items()}
    raise InvalidInputError(
        f"signature '{name}' has the method {signature.method} and cannot {verb}: expected one "
        f"input '{_INPUT}' of serialized examples, string[-1], and the outputs "
        f"{sorted(_OUTPUTS[verb])}; found the inputs {takes} and the outputs {sorted(outputs)}. "
        "Name another one with signature_name, or use :predict"
    )


def _serialize(
    example: Json, context: Mapping[str, Json], features: Mapping[str, FeatureSpec]
) -> bytes:
    if not isinstance(example, dict):
        raise InvalidInputError("an example must be an object of features")
    if both := sorted(example.keys() & context.keys()):
        raise InvalidInputError(f"the features {both} are in the context and in an example")
    return encode(features_of_json({**context, **example}, features))


def _numbers(outputs: NDArray[Any], rows: int) -> NDArray[Any]:
    """One number for each example, from ``(batch,)`` or ``(batch, 1)``."""
    if outputs.shape not in ((rows,), (rows, 1)):
        raise InvalidInputError(
            f"the output is of shape {list(outputs.shape)}, expected [{rows}] or [{rows}, 1]"
        )
    return outputs.reshape(rows)


def _scored_labels(outputs: Tensors, rows: int, labels: list[str]) -> list[list[list[Json]]]:
    """A label and a score for each class; the label is empty, or the score 0, where none is."""
    for key, array in outputs.items():
        if array.shape[:1] != (rows,) or array.ndim != 2:  # noqa: PLR2004
            raise InvalidInputError(
                f"'{key}' is of shape {list(array.shape)}, expected [{rows}, classes]"
            )
    count = next(iter(outputs.values())).shape[1]
    named = labels if len(labels) == count else [""] * count
    classes = to_json(outputs["classes"]) if "classes" in outputs else [named] * rows
    scores = to_json(outputs["scores"]) if "scores" in outputs else [[0.0] * count] * rows
    return [
        [list(pair) for pair in zip(*row, strict=True)] for row in zip(classes, scores, strict=True)
    ]
