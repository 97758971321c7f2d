"""An engine behind a preprocessing: texts and categories in, as the original model takes them.

The steps are computed by Python and NumPy, then the inner engine runs on what they made.
"""

from collections.abc import Mapping
from pathlib import Path

from inference.engines import Engine, LoadedEngine
from inference.errors import BrokenModelError
from inference.preprocessing import Preprocessing, read_preprocessing
from inference.signatures import Signature, Tensors


class PreprocessedEngine:
    """Runs a preprocessing, then another engine. Safe under threads: the steps keep no state.

    ``signatures`` are the original model's. Raises :class:`BrokenModelError` where the steps do
    not lead from their inputs to those of the engine.
    """

    def __init__(
        self,
        preprocessing: Preprocessing,
        engine: LoadedEngine,
        signatures: Mapping[str, Signature],
    ) -> None:
        self._preprocessing = preprocessing
        self._engine: Engine = engine
        self.signatures = {
            name: signature for name, signature in signatures.items() if name in engine.signatures
        }
        for name, signature in self.signatures.items():
            _require_path(preprocessing, signature, engine.signatures[name])

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs by name, for inputs that fit the original's signature."""
        return self._engine.run(signature, self._preprocessing.run(inputs))


def load_preprocessed(
    file: Path, sha256: str | None, engine: LoadedEngine, signatures: Mapping[str, Signature]
) -> PreprocessedEngine:
    """The engine behind the steps of a file. Raises :class:`BrokenModelError`."""
    preprocessing = read_preprocessing(file, sha256)
    try:
        return PreprocessedEngine(preprocessing, engine, signatures)
    except BrokenModelError as error:
        raise BrokenModelError(f"{file.name} {error}") from error


def _require_path(preprocessing: Preprocessing, outer: Signature, inner: Signature) -> None:
    """Raise :class:`BrokenModelError` unless every tensor is known before it is used."""
    known = set(outer.inputs)
    for step in preprocessing.steps:
        unknown = sorted(set(step.inputs) - known)
        if unknown:
            raise BrokenModelError(
                f"has a step {step.layer} that takes {_shown(unknown)}, but neither the model nor "
                "a step before it has that tensor"
            )
        if step.output in known:
            raise BrokenModelError(f"has two tensors named {_shown([step.output])}")
        known.add(step.output)
    unknown = sorted(set(preprocessing.feeds.values()) - known)
    if unknown:
        raise BrokenModelError(
            f"feeds {_shown(unknown)}, but neither the model nor a step has that tensor"
        )
    if preprocessing.feeds.keys() != inner.inputs.keys():
        raise BrokenModelError(
            f"feeds the inputs {_shown(sorted(preprocessing.feeds))}, but the engine takes "
            f"{_shown(sorted(inner.inputs))}"
        )


def _shown(names: list[str]) -> str:
    return ", ".join(ascii(name)[:60] for name in names[:5]) or "nothing"
