"""The choice of the engine: LiteRT if it can run the model and agrees, TensorFlow if not."""

from dataclasses import dataclass
from pathlib import Path

from inference.engines import Engine, EngineName
from inference.engines.litert import LiteRTEngine
from inference.engines.parsed_examples import parsing_examples
from inference.engines.preprocessed import PreprocessedEngine
from inference.errors import InferenceError
from inference.preprocessing import Preprocessing
from model.convert import NotCompilableError, convert_saved_model
from scripts.adding.lifting.lift import Lifted
from scripts.adding.original import Original
from scripts.adding.parity import compare
from scripts.adding.sampling.samples import Calls
from scripts.adding.sources import SourceError

LITERT_FILE = "model.tflite"


@dataclass(frozen=True)
class Choice:
    """The engine, what it loads, and its difference from the original."""

    engine: EngineName
    path: Path
    loaded: Engine
    parity_error: float
    calls: Calls  # those to repeat when it serves
    reason: str = ""  # why TensorFlow and not LiteRT
    preprocessing: Preprocessing | None = None  # what runs before the engine's file
    note: str = ""  # where it differs from Keras, and is right


def choose_engine(original: Original, calls: Calls, preference: str, work: Path) -> Choice:
    """Compile under ``work`` and compare. ``preference`` is ``auto``, ``litert`` or ``tensorflow``.

    Raises :class:`SourceError` if no engine that is allowed can serve the model.
    """
    if preference == "tensorflow":
        return _tensorflow(original, calls, "it was chosen with --engine")
    try:
        return _litert(original, calls, work)
    except (NotCompilableError, InferenceError) as error:
        if preference == "litert":
            raise SourceError(f"LiteRT cannot serve this model: {error}") from error
        return _tensorflow(original, calls, str(error))


def _litert(original: Original, calls: Calls, work: Path) -> Choice:
    """The model as a whole if that is possible, else what remains without its preprocessing."""
    try:
        return _whole(original, calls, work)
    except (NotCompilableError, InferenceError):
        if original.lifted is None:
            raise
        return _in_two_parts(original, original.lifted(), calls, work)


def _whole(original: Original, calls: Calls, work: Path) -> Choice:
    for signature in original.signatures.values():
        inputs = {} if signature.features else signature.inputs  # which are parsed before it runs
        for name, spec in (inputs | signature.outputs).items():
            if spec.dtype == "string":
                reason = f"'{name}' is text, and LiteRT computes with numbers only"
                raise NotCompilableError(_with_more(reason, original.not_lifted))
    if original.compilable is None:
        return Choice("litert", original.path, original.engine(), 0.0, calls)
    file = work / LITERT_FILE
    _compile(original.compilable, original, file, original.not_lifted)
    engine = parsing_examples(LiteRTEngine(file), original.signatures)
    parity = compare(engine, original, calls)
    return Choice("litert", file, engine, parity.error, parity.calls, note=parity.note)


def _in_two_parts(original: Original, lifted: Lifted, calls: Calls, work: Path) -> Choice:
    """Compared from end to end, on what the original takes."""
    exported, file = work / "rest", work / LITERT_FILE
    lifted.export(exported)
    _compile(exported, original, file, lifted.refusals)
    before = lifted.preprocessing
    engine = PreprocessedEngine(before, LiteRTEngine(file), original.signatures)
    parity = compare(engine, original, calls)
    return Choice(
        *("litert", file, engine, parity.error, parity.calls),
        preprocessing=before,
        note=parity.note,
    )


def _compile(exported: Path, original: Original, file: Path, refusals: str) -> None:
    """``refusals`` are layers that stayed in the model, and that LiteRT may lack therefore."""
    try:
        file.write_bytes(convert_saved_model(exported, list(original.signatures)))
    except NotCompilableError as error:
        raise NotCompilableError(_with_more(str(error), refusals)) from error


def _with_more(reason: str, more: str) -> str:
    return f"{reason}: {more}" if more else reason


def _tensorflow(original: Original, calls: Calls, reason: str) -> Choice:
    """TensorFlow is compared too: a graph may differ from Keras, and random numbers always do."""
    if original.compilable is None:
        raise SourceError(
            "a .tflite file cannot be served by TensorFlow; add the Keras model or SavedModel "
            "that it was made from"
        )
    engine = original.engine()
    try:
        parity = compare(engine, original, calls)
    except InferenceError as error:
        if original.reopen is None:  # the original itself has answered again
            raise SourceError(
                f"asked twice, it answers differently ({error}); a layer draws random numbers"
            ) from error
        raise SourceError(
            f"nothing that serves it agrees with Keras: TensorFlow: {error}; LiteRT: {reason}"
        ) from error
    return Choice(
        "tensorflow", original.path, engine, parity.error, parity.calls, reason, note=parity.note
    )
