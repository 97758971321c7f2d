"""Choosing the engine: LiteRT where it can hold the model and agrees, TensorFlow otherwise."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inference.errors import InferenceError
from inference.litert import LiteRTEngine
from inference.models import Engine
from inference.signatures import Tensors
from inference.tensorflow import TensorFlowEngine
from scripts.compiling.litert import NotCompilableError, convert_saved_model
from scripts.compiling.original import Original
from scripts.compiling.parity import ParityError, compare
from scripts.compiling.sources import SourceError

LITERT_FILE = "model.tflite"
SAVED_MODEL_FOLDER = "saved_model"

Calls = dict[str, list[tuple[Tensors, Tensors]]]  # by signature: inputs, the original's outputs


@dataclass(frozen=True)
class Choice:
    """The engine, what it loads, and how far it is from the original."""

    engine: Literal["litert", "tensorflow"]
    path: Path
    parity_error: float
    reason: str = ""  # why not LiteRT


def choose_engine(original: Original, calls: Calls, wanted: str, work: Path) -> Choice:
    """Compile and compare; ``wanted`` is ``auto``, ``litert`` or ``tensorflow``.

    Raises :class:`SourceError` where the wanted engine cannot serve the model.
    """
    if wanted == "tensorflow":
        return _tensorflow(original, calls, "asked for with --engine")
    try:
        return _litert(original, calls, work / LITERT_FILE)
    except (NotCompilableError, ParityError, InferenceError) as error:
        if wanted == "litert":
            raise SourceError(f"LiteRT cannot serve this model: {error}") from error
        return _tensorflow(original, calls, str(error))


def _litert(original: Original, calls: Calls, file: Path) -> Choice:
    for signature in original.signatures.values():
        for name, spec in (signature.inputs | signature.outputs).items():
            if spec.dtype == "string":
                raise NotCompilableError(f"'{name}' is text, which only TensorFlow computes with")
    if original.compilable is not None:
        file.write_bytes(convert_saved_model(original.compilable, list(original.signatures)))
        return Choice("litert", file, _compare(LiteRTEngine(file), calls))
    return Choice("litert", file, 0.0)


def _tensorflow(original: Original, calls: Calls, reason: str) -> Choice:
    if original.saved_model is None:
        raise SourceError("a .tflite file holds no TensorFlow model; add the one it was made from")
    try:
        difference = _compare(TensorFlowEngine(original.saved_model), calls)
    except (ParityError, InferenceError) as error:
        raise SourceError(
            f"the exported model does not agree with the original ({error}); "
            "a layer of it draws random numbers, or does something else in a graph than in Keras"
        ) from error
    return Choice("tensorflow", original.saved_model, difference, reason)


def _compare(engine: Engine, calls: Calls) -> float:
    return max(
        compare(engine.run(signature, inputs), outputs)
        for signature, both in calls.items()
        for inputs, outputs in both
    )
