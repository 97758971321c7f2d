"""The model that a user gave, loaded once: its signatures, its answers, its SavedModel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inference.engines.litert import LiteRTEngine
from inference.engines.tensorflow import TensorFlowEngine
from inference.errors import BrokenModelError
from inference.signatures import Signature, Tensors
from scripts.adding.keras_models import SIGNATURE, NamedModel, load_keras, name_tensors
from scripts.adding.recurrent import compilable_recurrence
from scripts.adding.sources import Source, SourceError, reason_of


@dataclass(frozen=True)
class Original:
    """A model in memory, and the file or folder that its engine has loaded."""

    path: Path
    engine: TensorFlowEngine | LiteRTEngine  # of `path`
    call: Callable[[str, Tensors], Tensors]  # a signature's name and inputs to outputs
    compilable: Path | None = None  # the SavedModel to compile; None: `path` is a LiteRT file
    skipped: Mapping[str, str] = field(default_factory=dict)  # signatures not served, with reasons
    allow_code: bool = False  # whether its program may do more than compute

    @property
    def signatures(self) -> dict[str, Signature]:
        """The signatures that can be served, by name."""
        return self.engine.signatures

    @property
    def default_signature(self) -> str:
        """The signature that is called when a request names none."""
        return SIGNATURE if SIGNATURE in self.signatures else next(iter(self.signatures))


def open_original(
    source: Source, work: Path, custom_objects: dict[str, Any], *, allow_code: bool
) -> Original:
    """Load a source. A Keras model is exported as SavedModels under ``work``.

    Raises :class:`SourceError`.
    """
    if source.kind == "SavedModel":
        return _open_saved_model(source.path, source.path, allow_code=allow_code)
    if source.kind == "LiteRT":
        return _open_litert(source.path)
    model = load_keras(source, custom_objects, allow_code=allow_code)
    return _open_keras(source, work, model, allow_code=allow_code)


def _open_keras(source: Source, work: Path, model: Any, *, allow_code: bool) -> Original:
    """Keras itself gives the answers where the names of the inputs are known."""
    _refuse_stateful(source, model)
    plain, compilable = work / "saved_model", work / "compilable"
    named = name_tensors(model)
    if named is None:
        _export_unnamed(source, model, plain, compilable)
        return _open_saved_model(plain, compilable, allow_code=allow_code)
    _export_named(source, named, plain, compilable)
    exported = _open_saved_model(plain, compilable, allow_code=allow_code)
    return replace(exported, call=lambda _, inputs: named(inputs), skipped={})


def _refuse_stateful(source: Source, model: Any) -> None:
    for layer in model._flatten_layers():  # noqa: SLF001
        if getattr(layer, "stateful", False) and layer is not model:
            raise SourceError(
                f"{source.path.name}: the layer '{layer.name}' is stateful, so that one client's "
                "answer would depend on another's; rebuild the model with stateful=False"
            )


def _export_named(source: Source, named: NamedModel, plain: Path, compilable: Path) -> None:
    try:
        named.export(plain)
        with compilable_recurrence():
            named.export(compilable)
    except Exception as error:
        raise SourceError(
            f"{source.path.name} cannot be exported: {reason_of(error, 300)}"
        ) from error


def _export_unnamed(source: Source, model: Any, plain: Path, compilable: Path) -> None:
    """Export a subclassed model, which knows only the input shapes that it was built with."""
    try:
        model.export(plain, verbose=False)
        with compilable_recurrence():
            model.export(compilable, verbose=False)
    except Exception as error:
        raise SourceError(
            f"{source.path.name} does not say what its inputs are: call the model once on real "
            "data before saving it, or export it with model.export(FOLDER) and add that folder"
        ) from error


def _open_saved_model(folder: Path, compilable: Path, *, allow_code: bool) -> Original:
    try:
        engine = TensorFlowEngine(folder, allow_code=allow_code)
    except BrokenModelError as error:
        if error.__cause__ is None:  # refused before the load, which the text explains
            raise SourceError(str(error).removeprefix(f"{folder.parent.name}: ")) from error
        reason = reason_of(error.__cause__) if isinstance(error.__cause__, Exception) else ""
        reason = reason.replace(str(folder), folder.name)
        raise SourceError(f"{folder.name} is damaged or incomplete: {reason}") from error
    if not engine.signatures:
        raise SourceError(
            f"{folder.name} has no signature that can be served; save it with "
            "model.export(FOLDER) or tf.saved_model.save(…, signatures=…)"
        )
    return Original(folder, engine, engine.run, compilable, engine.skipped, allow_code)


def _open_litert(path: Path) -> Original:
    try:
        engine = LiteRTEngine(path)
    except BrokenModelError as error:
        raise SourceError(
            f"{path.name} is damaged, or needs operations that LiteRT alone does not have; "
            "add the Keras model or SavedModel that it was made from"
        ) from error
    return Original(path, engine, engine.run)
