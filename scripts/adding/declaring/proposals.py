"""What is assumed of a model's inputs and outputs where nobody says it.

A picture is known by the form of its tensor, everything else by the layers at the model's ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inference.signatures import Signature, Tensors
from scripts.adding.declaring import facts, image_facts, proposing
from scripts.adding.declaring.declare import Proposal
from scripts.adding.declaring.proposing_images import propose_image


@dataclass(frozen=True)
class Facts:
    """What a Keras model tells. Of other models, nothing is known."""

    ends: proposing.Facts = field(default_factory=proposing.Facts)
    pictures: image_facts.Facts = field(default_factory=image_facts.Facts)


def facts_of(model: Any, file: Path) -> Facts:
    """The facts of a Keras model, and of the file that it was loaded from."""
    return Facts(facts.facts_of(model, facts.compile_config_of(file)), image_facts.facts_of(model))


def propose_inputs(signature: Signature, known: Facts) -> Mapping[str, Proposal]:
    """By input."""
    proposals = {
        tensor: Proposal(declared, sentence)
        for tensor, declared, sentence in proposing.propose_inputs(signature, known.ends)
    }
    for name, spec in signature.inputs.items():
        image = propose_image(name, spec, known.pictures)
        if image:
            proposals[name] = Proposal(*image)
    return proposals


def propose_outputs(
    signature: Signature, labels: Sequence[str], known: Facts, answers: Tensors
) -> Mapping[str, Proposal]:
    """By output. ``answers`` of the model tell what its layers do not."""
    found = proposing.propose_outputs(signature, labels, known.ends, answers)
    return {tensor: Proposal(declared, sentence) for tensor, declared, sentence in found}
