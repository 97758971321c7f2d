"""The LiteRT engine: a compiled flatbuffer, ready in milliseconds."""

import threading
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter, SignatureRunner

from inference.errors import BrokenModelError
from inference.signatures import Tensors


class LiteRTEngine:
    """Runs the signatures of one ``.tflite`` file. Safe under threads: one run at a time."""

    def __init__(self, file: Path) -> None:
        try:
            interpreter = Interpreter(model_path=str(file), num_threads=1)
        except ValueError as error:
            raise BrokenModelError(
                f"{file.parent.name}: {file.name} is not a LiteRT model"
            ) from error
        self._lock = threading.Lock()
        self._runners: dict[str, SignatureRunner] = {
            name: interpreter.get_signature_runner(name)
            for name in interpreter.get_signature_list()
        }

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs as arrays of their own, whatever runs next."""
        with self._lock:
            outputs: Tensors = self._runners[signature](**inputs)
            return outputs
