"""The declarations of a model's inputs and outputs: given as options, kept, or proposed.

An option comes first. Without one, what the version before says is kept, because somebody may have
edited it. What is left is proposed from the model itself, and said. This module is read before the
model is, and imports no TensorFlow.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from inference.inputs import Input
from inference.metadata import Metadata
from inference.outputs import Output
from inference.signatures import Signature, TensorSpec
from scripts.adding.declaring.options import Declared, build, kinds_of, read
from scripts.adding.given import SourceError

INPUT_KINDS = kinds_of(Input)
OUTPUT_KINDS = kinds_of(Output)


@dataclass(frozen=True)
class Given:
    """What the options say, by tensor."""

    inputs: tuple[Declared, ...] = ()
    outputs: tuple[Declared, ...] = ()


class Proposal(NamedTuple):
    """A declaration, and the sentence that tells what was assumed and how to change it."""

    declared: BaseModel
    sentence: str


Declaration = TypeVar("Declaration", bound=BaseModel)


@dataclass(frozen=True)
class Declarations(Generic[Declaration]):
    """What the metadata will say, by tensor. ``sentences`` tell what was assumed."""

    by_tensor: Mapping[str, Declaration]
    sentences: Sequence[str] = ()


def read_options(inputs: Iterable[str], outputs: Iterable[str]) -> Given:
    """``--input`` and ``--output`` as they were typed. Raises :class:`SourceError`."""
    return Given(
        tuple(read("--input", text, INPUT_KINDS) for text in inputs),
        tuple(read("--output", text, OUTPUT_KINDS) for text in outputs),
    )


def declare_inputs(
    given: Given,
    signature: Signature,
    previous: Metadata | None,
    proposals: Mapping[str, Proposal],
) -> Declarations[Input]:
    """Of the default signature. Raises :class:`SourceError` for an option that does not fit it."""
    side = _Side("--input", INPUT_KINDS, signature.inputs, {})
    return side.declare(given.inputs, _kept(previous, "inputs"), proposals)


def declare_outputs(
    given: Given,
    signature: Signature,
    labels: Sequence[str],
    previous: Metadata | None,
    proposals: Mapping[str, Proposal],
) -> Declarations[Output]:
    """Of the default signature. Raises :class:`SourceError` for an option that does not fit it."""
    side = _Side("--output", OUTPUT_KINDS, signature.outputs, {"labels": labels})
    return side.declare(given.outputs, _kept(previous, "outputs"), proposals)


def _kept(previous: Metadata | None, side: str) -> Mapping[str, Any] | None:
    """What a version says that has declarations at all."""
    if previous is None or not (previous.inputs or previous.outputs):
        return None
    kept: Mapping[str, Any] = getattr(previous, side)
    return kept


@dataclass(frozen=True)
class _Side:
    """The inputs, or the outputs. ``more`` is what checking a declaration needs beside a tensor."""

    option: str
    kinds: Mapping[str, type[BaseModel]]
    specs: Mapping[str, TensorSpec]
    more: Mapping[str, Any]

    def declare(
        self,
        given: Sequence[Declared],
        kept: Mapping[str, Any] | None,
        proposals: Mapping[str, Proposal],
    ) -> Declarations[Any]:
        """An option first, then what is kept, then what is proposed."""
        options = {declared.tensor: declared for declared in given}
        if unknown := sorted(options.keys() - self.specs.keys()):
            raise SourceError(
                f"{self.option} '{unknown[0]}=…': the model has no tensor of that name, "
                f"only {', '.join(self.specs)}"
            )
        chosen: dict[str, Any] = {}
        sentences: list[str] = []
        for name, spec in self.specs.items():
            proposal = proposals.get(name)
            if name in options:
                proposed = proposal.declared if proposal else None
                chosen[name] = self._checked(options[name], proposed, spec)
            elif kept is not None:
                chosen[name] = self._fitting(kept.get(name), name, spec)
            elif proposal:
                chosen[name] = proposal.declared
                sentences.append(proposal.sentence)
        declared = {name: value for name, value in chosen.items() if value is not None}
        return Declarations(declared, sentences)

    def _checked(self, declared: Declared, proposed: BaseModel | None, spec: TensorSpec) -> Any:
        built: Any = build(self.option, declared, self.kinds, proposed)
        try:
            if built is not None:
                built.check(spec, declared.tensor, **self.more)
        except ValueError as error:
            raise SourceError(f"{self.option} '{declared.tensor}=…': {error}") from error
        return built

    def _fitting(self, declared: Any, name: str, spec: TensorSpec) -> Any:
        """The declaration of the version before; None if the tensor is another one now."""
        try:
            if declared is not None:
                declared.check(spec, name, **self.more)
        except ValueError:
            return None
        return declared
