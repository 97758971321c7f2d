"""The model as it was given: what it answers, and its SavedModel, whatever its kind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tensorflow as tf

from inference.errors import InferenceError
from inference.litert import LiteRTEngine
from inference.signatures import Signature, Tensors
from inference.tensorflow import TensorFlowEngine
from scripts.compiling.keras_models import SIGNATURE, load_keras, name_tensors
from scripts.compiling.litert import spec_of
from scripts.compiling.recurrent import compilable_recurrence
from scripts.compiling.sources import Source, SourceError


@dataclass(frozen=True)
class Original:
    """Calls are by signature; ``saved_model`` is what the TensorFlow engine would serve."""

    signatures: dict[str, Signature]
    call: Callable[[str, Tensors], Tensors]
    saved_model: Path | None = None
    compilable: Path | None = None  # the same, with recurrent layers that LiteRT can run
    skipped: dict[str, str] = field(default_factory=dict)  # signatures not served, and why

    @property
    def default_signature(self) -> str:
        """The one that is called when none is named."""
        return SIGNATURE if SIGNATURE in self.signatures else next(iter(self.signatures))


def open_original(
    source: Source, work: Path, custom_objects: dict[str, Any], *, allow_code: bool
) -> Original:
    """Load a source, exporting under ``work``. Raises :class:`SourceError`."""
    if source.kind == "SavedModel":
        return _open_saved_model(source.path, source.path)
    if source.kind == "LiteRT":
        return _open_litert(source.path)
    model = load_keras(source, custom_objects, allow_code=allow_code)
    _refuse_stateful(source, model)
    plain, compilable = work / "saved_model", work / "compilable"
    named = name_tensors(model)
    if named is None:
        _export_unnamed(source, model, plain, compilable)
        return _open_saved_model(plain, compilable)
    try:
        named.export(plain)
        with compilable_recurrence():
            named.export(compilable)
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:300]
        raise SourceError(f"{source.path.name} cannot be exported: {reason}") from error
    opened = _open_saved_model(plain, compilable)
    return Original(opened.signatures, lambda _, inputs: named(inputs), plain, compilable)


def _refuse_stateful(source: Source, model: Any) -> None:
    for layer in model._flatten_layers():  # noqa: SLF001
        if getattr(layer, "stateful", False) and layer is not model:
            raise SourceError(
                f"{source.path.name}: the layer '{layer.name}' is stateful, so that one client's "
                "answer would depend on another's; rebuild the model with stateful=False"
            )


def _export_unnamed(source: Source, model: Any, plain: Path, compilable: Path) -> None:
    """A subclassed model knows its inputs only by the shapes that it was built with."""
    try:
        model.export(plain, verbose=False)
        with compilable_recurrence():
            model.export(compilable, verbose=False)
    except Exception as error:
        raise SourceError(
            f"{source.path.name} does not say what its inputs are: call the model once on real "
            "data before saving it, or export it with model.export(FOLDER) and add that folder"
        ) from error


def _open_saved_model(folder: Path, compilable: Path) -> Original:
    try:
        functions = tf.saved_model.load(str(folder)).signatures
        engine = TensorFlowEngine(folder)
    except (OSError, ValueError, RuntimeError, tf.errors.OpError, InferenceError) as error:
        reason = str(error).strip().splitlines()[0].replace(str(folder), folder.name)[:200]
        raise SourceError(f"{folder.name} is damaged or incomplete: {reason}") from error
    signatures, skipped = {}, {}
    for name, function in functions.items():
        try:
            signatures[name] = Signature(
                inputs={
                    given: spec_of(tensor)
                    for given, tensor in function.structured_input_signature[1].items()
                },
                outputs={
                    given: spec_of(tensor) for given, tensor in function.structured_outputs.items()
                },
            )
        except (ValueError, AttributeError) as error:
            skipped[name] = str(error).splitlines()[0][:200]
    if not signatures:
        raise SourceError(
            f"{folder.name} has no signature that can be served; save it with "
            "model.export(FOLDER) or tf.saved_model.save(…, signatures=…)"
        )
    return Original(signatures, engine.run, folder, compilable, skipped)


def _open_litert(path: Path) -> Original:
    try:
        engine = LiteRTEngine(path)
    except InferenceError as error:
        raise SourceError(
            f"{path.name} is damaged, or needs operations that LiteRT alone does not have; "
            "add the Keras model or SavedModel that it was made from"
        ) from error
    return Original(engine.signatures, engine.run)
