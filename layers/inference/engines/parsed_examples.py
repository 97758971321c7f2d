"""An engine without ``tf.Example``: the records are parsed before it runs.

LiteRT computes with numbers only. So ``add-model`` compiles what stands behind the parser in the
graph, and the file's inputs are the features. Above this engine nobody sees the difference.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from inference.features import parse
from inference.signatures import Signature, Tensors

if TYPE_CHECKING:
    from inference.engines import LoadedEngine


def input_of_feature(place: int) -> str:
    """The compiled file's input; a feature's own name may hold what no tensor's name may."""
    return f"feature_{place}"


def parsing_examples(engine: "LoadedEngine", described: Mapping[str, Signature]) -> "LoadedEngine":
    """The engine, or one before it where a signature's features are described."""
    known = any(signature.features for signature in described.values())
    return ParsedExamples(engine, described) if known else engine


class ParsedExamples:
    """Parses the inputs of signatures on serialized examples. Runs the others as they are."""

    def __init__(self, engine: "LoadedEngine", described: Mapping[str, Signature]) -> None:
        self._engine = engine
        self._described = described
        self.signatures = dict(engine.signatures)
        for name, signature in described.items():
            if signature.features and name in self.signatures:
                self.signatures[name] = signature

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs by name. Raises :class:`inference.errors.InvalidInputError`."""
        described = self._described.get(signature)
        if described is None or not described.features:
            return self._engine.run(signature, inputs)
        ((name, serialized),) = inputs.items()
        arrays = parse(serialized, described.features, name).values()
        own = self._engine.signatures[signature].inputs
        numbered = {input_of_feature(place): array for place, array in enumerate(arrays)}
        return self._engine.run(signature, {key: numbered[key] for key in own})
