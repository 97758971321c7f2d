"""TensorFlow functions to a LiteRT flatbuffer."""

import tempfile

import tensorflow as tf

from inference.signatures import Signature, TensorSpec


def convert(
    module: tf.Module, functions: dict[str, tf.types.experimental.PolymorphicFunction]
) -> bytes:
    """One flatbuffer with a signature per function.

    Goes through an exported SavedModel: converting concrete functions directly leaves captured
    variables unfrozen, and the result answers NaN.
    """
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=functions)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(functions))
        compiled: bytes = converter.convert()
        return compiled


def signature_of(function: tf.types.experimental.PolymorphicFunction) -> Signature:
    """Names, dtypes and shapes of a function with an input signature; free dimensions are -1."""
    concrete = function.get_concrete_function()
    inputs = {spec.name: spec for spec in concrete.structured_input_signature[0]}
    return Signature(
        inputs={name: _spec(tensor) for name, tensor in inputs.items()},
        outputs={name: _spec(tensor) for name, tensor in concrete.structured_outputs.items()},
    )


def _spec(tensor: tf.TensorSpec) -> TensorSpec:
    return TensorSpec(
        dtype=tensor.dtype.name,
        shape=tuple(-1 if size is None else size for size in tensor.shape),
    )
