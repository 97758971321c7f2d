"""The TensorFlow engine, for models that do not compile: imported only when one is loaded."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inference.errors import BrokenModelError, InvalidInputError
from inference.signatures import Tensors


class TensorFlowEngine:
    """Runs the signatures of one SavedModel. TensorFlow's functions are safe under threads."""

    def __init__(self, folder: Path) -> None:
        try:
            loaded = tf.saved_model.load(str(folder))
        except (OSError, ValueError, RuntimeError, tf.errors.OpError) as error:
            raise BrokenModelError(
                f"{folder.parent.name}: {folder.name} is not a whole SavedModel"
            ) from error
        self._loaded = loaded  # its variables live as long as it does
        self._functions = dict(loaded.signatures)

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs as arrays; text as ``bytes`` objects. Raises :class:`InvalidInputError`."""
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        try:
            outputs = self._functions[signature](**tensors)
        except (tf.errors.InvalidArgumentError, tf.errors.OutOfRangeError) as error:
            raise InvalidInputError("the model cannot compute with these values") from error
        return {name: _array(output) for name, output in outputs.items()}


def _array(tensor: Any) -> NDArray[Any]:  # noqa: ANN401 - TensorFlow has no types
    array: NDArray[Any] = np.asarray(tensor.numpy())
    return array if array.dtype.kind != "S" else array.astype(object)
