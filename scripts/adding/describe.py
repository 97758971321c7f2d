"""What is written of a model: its metadata, an example request, and a card to fill in."""

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import keras
import tensorflow as tf
import tf_keras

from inference.golden import Call
from inference.inputs import Input
from inference.models import (
    Metadata,
    PreprocessingRecord,
    Provenance,
    ServedRecord,
    SourceRecord,
)
from inference.outputs import Output
from inference.rows import names_of_bytes, to_columns, to_rows
from inference.signatures import Signature, TensorSpec
from model.folder import digest_of, sha256, size_of
from scripts.adding.choose import LITERT_FILE, Choice
from scripts.adding.cost import DerivedLimits
from scripts.adding.original import Original
from scripts.adding.package import Package
from scripts.adding.sampling.samples import Calls
from scripts.adding.sources import Source

_LIMITS = ("max_batch", "max_length", "max_values")
_SAVED_MODEL_FOLDER = "saved_model"
_PREPROCESSING = "preprocessing.json"
_CARD = Path(__file__).parent / "card.template.md"
_MAX_GOLDEN_BYTES = 1_000_000


def provenance_of(source: Source, choice: Choice, limits: DerivedLimits) -> Provenance:
    """The files, their digests, and the versions of the libraries."""
    return Provenance(
        source=SourceRecord(
            file=source.path.name,
            kind=source.kind,
            producer=source.producer,
            sha256=digest_of(source.path),
            bytes=size_of(source.path),
        ),
        served=ServedRecord(sha256=digest_of(choice.path), bytes=size_of(choice.path)),
        made_with={
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "tf_keras": tf_keras.__version__,
        },
        parity_error=choice.parity_error,
        derived_limits=limits.by_name(),
    )


def describe(
    name: str,
    previous: Metadata | None,
    original: Original,
    choice: Choice,
    limits: DerivedLimits,
    labels: list[str],
    inputs: Mapping[str, Input],
    outputs: Mapping[str, Output],
    provenance: Provenance,
) -> Metadata:
    """``metadata.json``. The version counts up; limits stay as somebody edited them."""
    return Metadata(
        name=name,
        version=previous.version + 1 if previous else 1,
        engine=choice.engine,
        engine_reason=choice.reason,
        file=LITERT_FILE if choice.engine == "litert" else _SAVED_MODEL_FOLDER,
        preprocessing=_record_of(choice),
        signatures=original.signatures,
        default_signature=original.default_signature,
        allow_code=original.allow_code and choice.engine == "tensorflow",
        labels=labels,
        inputs=dict(inputs),
        outputs=dict(outputs),
        provenance=provenance,
        **limits_of(previous, limits),
    )


def _record_of(choice: Choice) -> PreprocessingRecord | None:
    content = _preprocessing_of(choice)
    if content is None:
        return None
    return PreprocessingRecord(file=_PREPROCESSING, sha256=sha256(content))


def _preprocessing_of(choice: Choice) -> bytes | None:
    """The content of the file, which is the same for the same steps."""
    if choice.preprocessing is None:
        return None
    return choice.preprocessing.model_dump_json().encode()


def limits_of(previous: Metadata | None, derived: DerivedLimits) -> dict[str, Any]:
    """The derived limits, except those that somebody edited.

    A previous limit was edited if it differs from what was derived for that version, as its
    provenance tells, or from the default where nothing was derived.
    """
    limits: dict[str, Any] = dict(derived.by_name())
    if previous is None:
        return limits
    before = previous.provenance.derived_limits if previous.provenance else {}
    for name in _LIMITS:
        value = getattr(previous, name)
        if value != before.get(name, Metadata.model_fields[name].default):
            limits[name] = value
    return limits


def pack(choice: Choice, calls: Calls, metadata: Metadata, card: str) -> Package:
    """All that the folder will hold."""
    golden = {name: _call_to_keep(signature_calls) for name, signature_calls in calls.items()}
    return Package(
        metadata=metadata,
        served=choice.path,
        preprocessing=_preprocessing_of(choice),
        golden=golden,
        example=_example_request(golden[metadata.default_signature], metadata.signature),
        card=card,
    )


def _call_to_keep(calls: list[Call]) -> Call:
    """The first call, which has the real rows if there are any; the smallest if it is large."""

    def size(call: Call) -> int:
        return sum(array.nbytes for array in (*call.inputs.values(), *call.outputs.values()))

    return calls[0] if size(calls[0]) <= _MAX_GOLDEN_BYTES else min(calls, key=size)


def _example_request(call: Call, signature: Signature) -> str:
    """A body for ``:predict``: the first row, or all inputs if the model takes no rows."""
    if signature.inputs and signature.takes_rows:
        first = {name: array[:1] for name, array in call.inputs.items()}
        return json.dumps({"instances": to_rows(first, names_of_bytes(first))})
    return json.dumps({"inputs": to_columns(call.inputs, names_of_bytes(call.inputs))})


def new_card(source: Source, metadata: Metadata) -> str:
    """A card with headings for what only people know."""
    return Template(_CARD.read_text()).substitute(
        name=metadata.name,
        source=source.path.name,
        kind=source.kind,
        inputs=_listing(metadata.signature.inputs),
        outputs=_listing(metadata.signature.outputs),
    )


def _listing(specs: dict[str, TensorSpec]) -> str:
    return ", ".join(f"`{name}` {spec.dtype}{list(spec.shape)}" for name, spec in specs.items())
