"""Whether a model in memory answers its golden file, and what is said of one that does not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from inference.agreement import require_agreement
from inference.calls import Call
from inference.errors import BrokenModelError, InferenceError
from inference.signatures import Tensors

_MOST_CHARACTERS = 400


class Predicting(Protocol):
    """What is verified: a model that is loaded."""

    name: str

    def predict(self, inputs: Tensors, signature: str | None = None) -> Tensors:
        """Outputs by name."""
        ...


def replay(model: Predicting, calls: Mapping[str, Call]) -> float:
    """The largest difference from the golden outputs.

    Raises :class:`BrokenModelError` where it exceeds the tolerance.
    """
    largest = 0.0
    for signature, call in calls.items():
        try:
            outputs = model.predict(call.inputs, signature)
            largest = max(largest, require_agreement(outputs, call.outputs))
        except InferenceError as error:
            raise BrokenModelError(
                f"{model.name}: the golden outputs of {signature} are not answered: {error}"
            ) from error
    return largest


def reason_of(folder: Path, error: BaseException) -> str:
    """Why a model is broken: one line that names the model and no folder above it."""
    if isinstance(error, BrokenModelError):
        text = str(error)
        for above in {folder.parent, folder.parent.absolute(), folder.parent.resolve()}:
            text = text.replace(f"{above}/", "")
    else:  # of an engine or of Python; its text may hold anything
        text = f"{folder.name}: cannot be loaded: {type(error).__name__}; the log has the details"
    line = " ".join(text.encode("ascii", "backslashreplace").decode().split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]}…"
