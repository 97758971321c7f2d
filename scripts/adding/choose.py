"""The choice of the engine: LiteRT if it can run the model and agrees, TensorFlow if not."""

from dataclasses import dataclass
from pathlib import Path

from inference.agreement import require_agreement
from inference.engines import Engine, EngineName
from inference.engines.litert import LiteRTEngine
from inference.errors import DisagreementError, InferenceError
from model.convert import NotCompilableError, convert_saved_model
from scripts.adding.original import Original
from scripts.adding.samples import Calls
from scripts.adding.sources import SourceError

LITERT_FILE = "model.tflite"


@dataclass(frozen=True)
class Choice:
    """The engine, what it loads, and its difference from the original."""

    engine: EngineName
    path: Path
    loaded: Engine
    parity_error: float
    reason: str = ""  # why TensorFlow and not LiteRT


def choose_engine(original: Original, calls: Calls, preference: str, work: Path) -> Choice:
    """Compile under ``work`` and compare. ``preference`` is ``auto``, ``litert`` or ``tensorflow``.

    Raises :class:`SourceError` if no engine that is allowed can serve the model.
    """
    if preference == "tensorflow":
        return _tensorflow(original, calls, "it was chosen with --engine")
    try:
        return _litert(original, calls, work / LITERT_FILE)
    except (NotCompilableError, InferenceError) as error:
        if preference == "litert":
            raise SourceError(f"LiteRT cannot serve this model: {error}") from error
        return _tensorflow(original, calls, str(error))


def _litert(original: Original, calls: Calls, file: Path) -> Choice:
    for signature in original.signatures.values():
        for name, spec in (signature.inputs | signature.outputs).items():
            if spec.dtype == "string":
                raise NotCompilableError(f"'{name}' is text, and LiteRT computes with numbers only")
    if original.compilable is None:
        return Choice("litert", original.path, original.engine, 0.0)
    file.write_bytes(convert_saved_model(original.compilable, list(original.signatures)))
    engine = LiteRTEngine(file)
    return Choice("litert", file, engine, _largest_difference(engine, calls))


def _tensorflow(original: Original, calls: Calls, reason: str) -> Choice:
    """The engine that was loaded with the original is compared too: a graph may differ from Keras.

    A model that draws random numbers disagrees with itself.
    """
    if original.compilable is None:
        raise SourceError(
            "a .tflite file cannot be served by TensorFlow; add the Keras model or SavedModel "
            "that it was made from"
        )
    try:
        difference = _largest_difference(original.engine, calls)
    except InferenceError as error:
        raise SourceError(
            f"the exported model does not agree with the original ({error}); a layer draws "
            "random numbers, or computes something else in a graph than in Keras"
        ) from error
    return Choice("tensorflow", original.path, original.engine, difference, reason)


def _largest_difference(engine: Engine, calls: Calls) -> float:
    """Over all calls. Raises :class:`DisagreementError` that names the signature."""
    largest = 0.0
    for signature, signature_calls in calls.items():
        for call in signature_calls:
            outputs = engine.run(signature, call.inputs)
            try:
                largest = max(largest, require_agreement(outputs, call.outputs))
            except DisagreementError as error:
                raise DisagreementError(f"signature {signature}: {error}") from error
    return largest
