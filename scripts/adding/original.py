"""The model that a user gave, loaded once: its signatures, its answers, its SavedModel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from inference.engines.litert import LiteRTEngine
from inference.engines.tensorflow import TensorFlowEngine, reasons_in
from inference.errors import BrokenModelError
from inference.preprocessing import Preprocessing
from inference.signatures import Signature, Tensors
from model.lifting import features_of_signatures
from scripts.adding.declaring.proposals import Facts, facts_of
from scripts.adding.exporting import export_named, export_unnamed
from scripts.adding.keras_models import SIGNATURE, NamedModel, load_keras, name_tensors
from scripts.adding.lifting.lift import Lifted, NotLiftableError, lift
from scripts.adding.sampling.bounds import SignatureBounds
from scripts.adding.sampling.graph_bounds import graph_bounds
from scripts.adding.sampling.litert_bounds import litert_bounds
from scripts.adding.sources import Source, SourceError, reason_of

_SAVED_MODEL_HAS_NO_LAYERS = (
    "a SavedModel does not tell its layers; add the Keras model that it was exported from, so that "
    "its preprocessing can be computed without TensorFlow"
)


@dataclass(frozen=True)
class Original:
    """A model, and the file or folder that an engine can load."""

    path: Path
    signatures: dict[str, Signature]  # those that can be served, by name
    engine: Callable[[], TensorFlowEngine | LiteRTEngine]  # loads `path`, once
    call: Callable[[str, Tensors], Tensors]  # a signature's name and inputs to outputs
    compilable: Path | None = None  # the SavedModel to compile; None: `path` is a LiteRT file
    skipped: Mapping[str, str] = field(default_factory=dict)  # signatures not served, with reasons
    bounds: Mapping[str, SignatureBounds] = field(default_factory=dict)  # by signature
    allow_code: bool = False  # whether its program may do more than compute
    reopen: Callable[[], NamedModel] | None = None  # the Keras model, loaded again
    # What the Keras model tells of its inputs and outputs.
    facts: Facts = field(default_factory=Facts)
    lifted: Callable[[], Lifted] | None = None  # it in two parts, if it has preprocessing layers
    preprocessing: Preprocessing | None = None  # the first of these parts
    not_lifted: str = ""  # why not, where it takes text

    @property
    def default_signature(self) -> str:
        """The signature that is called when a request names none."""
        return SIGNATURE if SIGNATURE in self.signatures else next(iter(self.signatures))

    def without_answers(self) -> "Original":
        """The same for what comes after its answers: the Keras model's memory is free again."""
        if self.reopen is None:
            return self
        engine = self.engine
        return replace(self, call=lambda name, inputs: engine().run(name, inputs))


def open_original(
    source: Source, work: Path, custom_objects: dict[str, Any], *, allow_code: bool
) -> Original:
    """Load a source. A Keras model is exported as SavedModels under ``work``.

    Raises :class:`SourceError`.
    """
    if source.kind == "SavedModel":
        original = _open_saved_model(source.path, source.path, allow_code=allow_code)
        return replace(original, not_lifted=_SAVED_MODEL_HAS_NO_LAYERS)
    if source.kind == "LiteRT":
        return _open_litert(source.path)
    return _open_keras(source, work, custom_objects, allow_code=allow_code)


def _open_keras(
    source: Source, work: Path, custom_objects: dict[str, Any], *, allow_code: bool
) -> Original:
    """Keras itself gives the answers where the names of the inputs are known."""
    model = load_keras(source, custom_objects, allow_code=allow_code)
    _refuse_stateful(source, model)
    facts = facts_of(model, source.path)
    named = name_tensors(model)
    if named is None:
        unnamed = _open_saved_model(*export_unnamed(source, model, work), allow_code=allow_code)
        return replace(unnamed, facts=facts)
    exported = export_named(source, named, work)
    if not allow_code:
        _refuse_program(exported.plain)
    reopen = partial(_reopen, source, custom_objects, allow_code=allow_code)
    original = Original(
        exported.plain,
        {SIGNATURE: exported.signature},
        cache(partial(_load, exported.plain, allow_code=allow_code)),
        lambda _, inputs: named(inputs),
        exported.compilable,
        bounds=graph_bounds(exported.plain),
        allow_code=allow_code,
        reopen=reopen,
        facts=facts,
    )
    try:
        lifted = lift(named)
    except NotLiftableError as error:
        return replace(original, not_lifted=str(error))
    if lifted is None:
        return original
    before = lifted.preprocessing
    return replace(original, lifted=partial(_lift_again, reopen), preprocessing=before)


def _lift_again(reopen: Callable[[], NamedModel]) -> Lifted:
    """Most models are served as a whole, and the parts would keep their memory until then."""
    lifted = lift(reopen())
    if lifted is None:
        raise SourceError("the model changed while it was read")
    return lifted


def _reopen(source: Source, custom_objects: dict[str, Any], *, allow_code: bool) -> NamedModel:
    named = name_tensors(load_keras(source, custom_objects, allow_code=allow_code))
    if named is None:
        raise SourceError(f"{source.path.name} changed while it was read")
    return named


def _refuse_stateful(source: Source, model: Any) -> None:
    for layer in model._flatten_layers():  # noqa: SLF001
        if getattr(layer, "stateful", False) and layer is not model:
            raise SourceError(
                f"{source.path.name}: the layer '{layer.name}' is stateful, so that one client's "
                "answer would depend on another's; rebuild the model with stateful=False"
            )


def _open_saved_model(folder: Path, compilable: Path, *, allow_code: bool) -> Original:
    engine = _load(folder, allow_code=allow_code)
    if not engine.signatures:
        raise SourceError(
            f"{folder.name} has no signature that can be served; save it with "
            "model.export(FOLDER) or tf.saved_model.save(…, signatures=…)"
        )
    _describe_examples(engine, folder)
    return Original(
        folder,
        engine.signatures,
        lambda: engine,
        engine.run,
        compilable,
        engine.skipped,
        graph_bounds(folder),
        allow_code,
    )


def _describe_examples(engine: TensorFlowEngine, folder: Path) -> None:
    """Add what is known of the serialized examples that a signature takes."""
    on_text = [
        name
        for name, signature in engine.signatures.items()
        if [spec.dtype for spec in signature.inputs.values()] == ["string"]
    ]
    if on_text:
        for name, features in features_of_signatures(folder, on_text).items():
            described = engine.signatures[name].model_copy(update={"features": features})
            engine.signatures[name] = described


def _load(folder: Path, *, allow_code: bool) -> TensorFlowEngine:
    try:
        return TensorFlowEngine(folder, allow_code=allow_code)
    except BrokenModelError as error:
        raise _damaged(folder, error) from error


def _refuse_program(folder: Path) -> None:
    """As the engine does when it loads a model: the converter loads it too."""
    reasons = reasons_in(folder)
    if reasons:
        raise SourceError(
            f"{folder.name} does more than compute: {'; '.join(reasons)}. If you trust its "
            "author, add the model again with --allow-code"
        )


def _damaged(folder: Path, error: BrokenModelError) -> SourceError:
    if error.__cause__ is None:  # refused before the load, which the text explains
        return SourceError(str(error).removeprefix(f"{folder.parent.name}: "))
    reason = reason_of(error.__cause__) if isinstance(error.__cause__, Exception) else ""
    reason = reason.replace(str(folder), folder.name)
    return SourceError(f"{folder.name} is damaged or incomplete: {reason}")


def _open_litert(path: Path) -> Original:
    try:
        engine = LiteRTEngine(path)
    except BrokenModelError as error:
        raise SourceError(
            f"{path.name} is damaged, or needs operations that LiteRT alone does not have; "
            "add the Keras model or SavedModel that it was made from"
        ) from error
    bounds = litert_bounds(path.read_bytes(), engine.signatures)
    return Original(path, engine.signatures, lambda: engine, engine.run, bounds=bounds)
