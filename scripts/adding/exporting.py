"""A Keras model written as SavedModels: one that TensorFlow serves, and one to compile."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.signatures import Signature
from scripts.adding.compilable import compilable_layers, graph_layers
from scripts.adding.keras_models import NamedModel
from scripts.adding.precision import computes_in_half, computing_in
from scripts.adding.sources import Source, SourceError, reason_of


@dataclass(frozen=True)
class Exported:
    """The folders of both; one and the same if no layer has a form of its own for LiteRT."""

    plain: Path
    compilable: Path
    signature: Signature


def export_named(source: Source, named: NamedModel, work: Path) -> Exported:
    """Export a model under ``work``. Raises :class:`SourceError`."""
    plain, compilable = work / "saved_model", work / "compilable"
    try:
        if computes_in_half(named.model):
            with graph_layers():
                signature = named.export(plain)
            return Exported(plain, _in_full(named, signature, plain, compilable), signature)
        with compilable_layers() as replaced:
            signature = named.export(compilable)
        if not replaced.any_form:
            compilable.rename(plain)
            return Exported(plain, plain, signature)
        with graph_layers():
            named.export(plain)
    except Exception as error:  # Keras and TensorFlow raise errors of many classes
        raise SourceError(
            f"{source.path.name} cannot be exported: {reason_of(error, 300)}"
        ) from error
    return Exported(plain, compilable, signature)


def _in_full(named: NamedModel, signature: Signature, plain: Path, compilable: Path) -> Path:
    """In float32. The plain one where a layer cannot: LiteRT then says what it lacks."""
    try:
        with computing_in("float32", named) as full, compilable_layers():
            full.export(compilable, like=signature)
    except Exception:  # noqa: BLE001 - a layer of any class may insist on its precision
        return plain
    return compilable


def export_unnamed(source: Source, model: Any, work: Path) -> tuple[Path, Path]:
    """Export a subclassed model, which knows only the input shapes that it was built with.

    The folders are those of :class:`Exported`. Raises :class:`SourceError`.
    """
    plain, compilable = work / "saved_model", work / "compilable"
    try:
        with graph_layers():
            model.export(plain, verbose=False)
        with compilable_layers():
            model.export(compilable, verbose=False)
    except Exception as error:
        raise SourceError(
            f"{source.path.name} does not say what its inputs are: call the model once on real "
            "data before saving it, or export it with model.export(FOLDER) and add that folder"
        ) from error
    return plain, compilable
