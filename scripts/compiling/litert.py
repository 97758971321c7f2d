"""TensorFlow functions to a LiteRT flatbuffer."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from inference.signatures import Signature, TensorSpec


class NotCompilableError(Exception):
    """LiteRT cannot hold this model; the text says what it lacks."""


def convert(
    module: tf.Module, functions: dict[str, tf.types.experimental.PolymorphicFunction]
) -> bytes:
    """One flatbuffer with a signature per function.

    Goes through an exported SavedModel: converting concrete functions directly leaves captured
    variables unfrozen, and the result answers NaN.
    """
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=functions)
        return convert_saved_model(Path(folder), list(functions))


def convert_saved_model(folder: Path, signatures: Sequence[str]) -> bytes:
    """One flatbuffer with these signatures. Raises :class:`NotCompilableError`."""
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder), signature_keys=list(signatures)
    )
    try:
        compiled: bytes = converter.convert()
    except Exception as error:  # the converter raises whatever its parts raise
        raise NotCompilableError(_what_is_missing(str(error))) from error
    return compiled


def _what_is_missing(message: str) -> str:
    operations = set(re.findall(r"'tf\.(\w+)' op", message))
    operations |= set(re.findall(r"\btf\.(\w+)\(", message))
    operations |= {name.removeprefix("Flex") for name in re.findall(r"\bFlex\w+", message)}
    if operations:
        return f"LiteRT has no {', '.join(sorted(operations))}"
    return f"LiteRT's converter failed: {(message.strip() or 'unknown').splitlines()[0][:200]}"


def signature_of(function: tf.types.experimental.PolymorphicFunction) -> Signature:
    """Names, dtypes and shapes of a function with an input signature; free dimensions are -1."""
    concrete = function.get_concrete_function()
    inputs = {spec.name: spec for spec in concrete.structured_input_signature[0]}
    return Signature(
        inputs={name: spec_of(tensor) for name, tensor in inputs.items()},
        outputs={name: spec_of(tensor) for name, tensor in concrete.structured_outputs.items()},
    )


def spec_of(tensor: tf.TensorSpec) -> TensorSpec:
    """Raises ``ValueError`` for a tensor of unknown rank or of a dtype that no API carries."""
    return TensorSpec.model_validate(
        {
            "dtype": tensor.dtype.name,
            "shape": tuple(-1 if size is None else size for size in tensor.shape),
        }
    )
