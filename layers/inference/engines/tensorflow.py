"""The TensorFlow engine, for models that do not compile. Imported only when one is loaded."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from inference.engines.programs import reasons_to_refuse
from inference.errors import BrokenModelError, InvalidInputError, TooLargeError
from inference.signatures import Signature, Tensors, TensorSpec


class TensorFlowEngine:
    """Runs the signatures of one SavedModel. TensorFlow's functions are safe under threads.

    ``signatures`` holds those that can be served, ``skipped`` the reason why another cannot.
    """

    def __init__(self, folder: Path, *, allow_code: bool = False) -> None:
        place = f"{folder.parent.name}: {folder.name}"
        if not allow_code:  # before the load, which runs initializers
            reasons = reasons_in(folder)
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
        self.signatures: dict[str, Signature] = {}
        self.skipped: dict[str, str] = {}
        for name, function in self._functions.items():
            try:
                self.signatures[name] = _describe(function)
            except (ValueError, AttributeError) as error:
                self.skipped[name] = str(error).splitlines()[0][:200]

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
    program = SavedModel()
    try:
        program.ParseFromString((folder / "saved_model.pb").read_bytes())
    except (OSError, DecodeError) as error:
        raise BrokenModelError(
            f"{folder.name} has a damaged, truncated or missing saved_model.pb"
        ) from error
    if not program.meta_graphs:
        raise BrokenModelError(f"{folder.name} has an empty saved_model.pb")
    return reasons_to_refuse(program, folder)


def spec_of(tensor: tf.TensorSpec) -> TensorSpec:
    """The same in this project's terms.

    Raises ``ValueError`` for a tensor of unknown rank, or of a dtype that no dialect carries.
    """
    return TensorSpec.model_validate(
        {
            "dtype": tensor.dtype.name,
            "shape": tuple(-1 if size is None else size for size in tensor.shape),
        }
    )


def _describe(function: Any) -> Signature:  # noqa: ANN401 - TensorFlow has no types
    """Sorted by name, because the order of a SavedModel's names changes from load to load."""
    inputs = dict(sorted(function.structured_input_signature[1].items()))
    outputs = dict(sorted(function.structured_outputs.items()))
    return Signature(
        inputs={name: spec_of(tensor) for name, tensor in inputs.items()},
        outputs={name: spec_of(tensor) for name, tensor in outputs.items()},
    )


def _array(tensor: Any) -> NDArray[Any]:  # noqa: ANN401 - TensorFlow has no types
    array: NDArray[Any] = np.asarray(tensor.numpy())
    return array if array.dtype.kind != "S" else array.astype(object)
