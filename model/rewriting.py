"""SavedModels that LiteRT's converter cannot read, saved again in a form that it can."""

from collections.abc import Sequence
from pathlib import Path

from inference.engines.tensorflow_signatures import PARSING
from model.composing import COMPOSED, compose
from model.frozen import FINDING, Frozen, freeze, save
from model.lifting import operations_of, without_parser
from model.one_row import for_one_row, has_tensor_lists

_REFERENCES = frozenset({"Variable", "VariableV2"})  # TensorFlow 1's, which only a session reads


def in_readable_form(folder: Path, signatures: Sequence[str], rewritten: Path) -> Path:
    """The folder itself, or a SavedModel of the same signatures in the folder ``rewritten``.

    Reference variables become constants, serialized examples their features, and operations that
    LiteRT lacks those of which they can be composed.
    """
    operations = operations_of(folder)
    if not operations & (_REFERENCES | PARSING | set(FINDING) | COMPOSED.keys()):
        return folder
    save({name: _readable(graph) for name, graph in freeze(folder, signatures).items()}, rewritten)
    return rewritten


def one_row_form(folder: Path, signatures: Sequence[str], rewritten: Path) -> Path:
    """The same, in which signatures with loops of tensor lists take one row at a time.

    Raises ``ValueError`` where there is no such form.
    """
    frozen = {name: _readable(graph) for name, graph in freeze(folder, signatures).items()}
    save(
        {
            name: for_one_row(graph) if has_tensor_lists(graph) else graph
            for name, graph in frozen.items()
        },
        rewritten,
    )
    return rewritten


def _readable(frozen: Frozen) -> Frozen:
    return compose(without_parser(frozen))
