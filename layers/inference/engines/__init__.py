"""Engines: what runs a model's file. LiteRT for compiled models, TensorFlow for the others."""

from pathlib import Path
from typing import Literal, Protocol

from inference.engines.litert import LiteRTEngine
from inference.errors import BrokenModelError
from inference.signatures import Tensors

EngineName = Literal["litert", "tensorflow"]


class Engine(Protocol):
    """Runs the signatures of one model. Safe under threads."""

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs by name, for inputs that fit the signature."""
        ...


def load_engine(name: EngineName, path: Path) -> Engine:
    """The engine of a ``.tflite`` file or a SavedModel folder. Raises :class:`BrokenModelError`."""
    if name == "litert":
        return LiteRTEngine(path)
    try:
        # Importing TensorFlow takes seconds, and most images do not hold it.
        from inference.engines.tensorflow import TensorFlowEngine  # noqa: PLC0415
    except ImportError as error:
        raise BrokenModelError(
            f"{path.parent.name}: needs TensorFlow, which is not installed; "
            "`make serve` and `make build` install it"
        ) from error
    return TensorFlowEngine(path)
