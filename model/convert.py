"""TensorFlow functions and SavedModels, compiled to a LiteRT flatbuffer.

``add-model`` and a model's own export use it.
"""

import gc
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import tensorflow as tf

from inference.engines.tensorflow import spec_of
from inference.signatures import Signature
from model.rewriting import in_readable_form, one_row_form
from model.unchecked_slices import REASON, has_unchecked_slice


class NotCompilableError(Exception):
    """LiteRT cannot run this model. The text says what LiteRT lacks."""


def convert(
    module: tf.Module, functions: dict[str, tf.types.experimental.PolymorphicFunction]
) -> bytes:
    """One flatbuffer with a signature for each function. Raises :class:`NotCompilableError`.

    The functions are first exported as a SavedModel. When concrete functions are converted
    directly, captured variables stay unfrozen, and the result answers NaN.
    """
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=functions)
        return convert_saved_model(Path(folder), list(functions))


def convert_saved_model(folder: Path, signatures: Sequence[str]) -> bytes:
    """One flatbuffer with these signatures. Raises :class:`NotCompilableError`.

    Where a signature takes serialized examples, the compiled one takes their features. Where it
    loops over the steps of a sequence, the compiled one may take one row at a time.
    """
    try:
        compiled = _convert(folder, signatures, in_readable_form)
    except NotCompilableError as error:
        if "TensorList" not in str(error):
            raise
        try:
            compiled = _convert(folder, signatures, one_row_form)
        except NotCompilableError as other:
            raise error from other  # which says what the model itself has
    if has_unchecked_slice(compiled):
        raise NotCompilableError(REASON)
    return compiled


def _convert(
    folder: Path, signatures: Sequence[str], form: Callable[[Path, Sequence[str], Path], Path]
) -> bytes:
    with tempfile.TemporaryDirectory() as rewritten:
        try:
            readable = form(folder, signatures, Path(rewritten))
            converter = tf.lite.TFLiteConverter.from_saved_model(
                str(readable), signature_keys=list(signatures)
            )
            # It holds the weights in a cycle, and `convert` reads the folder again.
            converter._trackable_obj = None  # noqa: SLF001 - there is no public way
            gc.collect()
            # Metadata would parse and write the whole flatbuffer in Python, and keep three copies.
            converter.exclude_conversion_metadata = True
            compiled: bytes = converter.convert()
        except Exception as error:  # TensorFlow and the converter raise errors of many classes
            raise NotCompilableError(_lack_of(error)) from error
    return compiled


def _lack_of(error: Exception) -> str:
    message = str(error)
    operations = set(re.findall(r"'tf\.(\w+)' op", message))
    operations |= set(re.findall(r"\btf\.(\w+)\(", message))
    operations |= {name.removeprefix("Flex") for name in re.findall(r"\bFlex\w+", message)}
    if operations:
        return f"LiteRT has no {', '.join(sorted(operations))}"
    first_line = (message.strip() or repr(error)).splitlines()[0]
    return f"LiteRT's converter failed: {first_line[:200]}"


def signature_of(function: tf.types.experimental.PolymorphicFunction) -> Signature:
    """Names, dtypes and shapes of a function with an input signature; free dimensions are -1."""
    concrete = function.get_concrete_function()
    inputs = {spec.name: spec for spec in concrete.structured_input_signature[0]}
    return Signature(
        inputs={name: spec_of(tensor) for name, tensor in inputs.items()},
        outputs={name: spec_of(tensor) for name, tensor in concrete.structured_outputs.items()},
    )
