"""The TensorFlow engine, for models that do not compile. Imported only when one is loaded."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inference.engines.programs import reasons_to_refuse
from inference.engines.tensorflow_signatures import describe, read_program, spec_of
from inference.errors import BrokenModelError, InvalidInputError, TooLargeError
from inference.signatures import Tensors

__all__ = ["TensorFlowEngine", "reasons_in", "spec_of"]


class TensorFlowEngine:
    """Runs the signatures of one SavedModel. TensorFlow's functions are safe under threads.

    ``signatures`` holds those that can be served, ``skipped`` the reason why another cannot.
    """

    def __init__(self, folder: Path, *, allow_code: bool = False) -> None:
        place = f"{folder.parent.name}: {folder.name}"
        program = read_program(folder)
        if not allow_code:  # before the load, which runs initializers
            reasons = reasons_to_refuse(program, folder)
            if reasons:
                raise BrokenModelError(
                    f"{place} does more than compute: {'; '.join(reasons)}. If you trust its "
                    "author, add the model again with --allow-code"
                )
        try:
            loaded = tf.saved_model.load(str(folder))
        except (OSError, ValueError, RuntimeError, tf.errors.OpError) as error:
            raise BrokenModelError(f"{place} is not a whole SavedModel") from error
        self._loaded = loaded  # its variables live as long as it does
        self._functions = dict(loaded.signatures)
        self.signatures, self.skipped = describe(program, self._functions)

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs as arrays; text as ``bytes`` objects. Raises :class:`InvalidInputError`."""
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        try:
            outputs = self._functions[signature](**tensors)
        except (
            tf.errors.InvalidArgumentError,
            tf.errors.OutOfRangeError,
            tf.errors.UnimplementedError,
        ) as error:
            raise InvalidInputError("the model cannot compute with these values") from error
        except (tf.errors.ResourceExhaustedError, MemoryError) as error:
            raise TooLargeError("the model needs more memory for these inputs") from error
        return {name: _array(output) for name, output in outputs.items()}


def reasons_in(folder: Path) -> list[str]:
    """What the program of a SavedModel does beyond computing; empty if nothing.

    Raises :class:`BrokenModelError` if there is no program that can be read.
    """
    return reasons_to_refuse(read_program(folder), folder)


def _array(tensor: Any) -> NDArray[Any]:  # noqa: ANN401 - TensorFlow has no types
    array: NDArray[Any] = np.asarray(tensor.numpy())
    return array if array.dtype.kind != "S" else array.astype(object)
