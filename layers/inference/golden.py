"""Golden files: what a model answered when it was compared with its original.

``python -m inference.golden`` replays every model's file. It fails if one answers differently.
"""

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inference.agreement import require_agreement
from inference.errors import BrokenModelError, DisagreementError
from inference.models import Model, ModelFolder
from inference.settings import settings
from inference.signatures import Tensors

GOLDEN = "golden.npz"


@dataclass(frozen=True)
class Call:
    """Inputs of one signature, and the outputs that the original gave."""

    inputs: Tensors
    outputs: Tensors


def pack(calls: dict[str, Call]) -> dict[str, NDArray[Any]]:
    """Arrays by ``signature/inputs/name`` and ``signature/outputs/name``; text as fixed bytes."""
    return {
        f"{signature}/{kind}/{name}": array.astype(bytes) if array.dtype == object else array
        for signature, call in calls.items()
        for kind, tensors in (("inputs", call.inputs), ("outputs", call.outputs))
        for name, array in tensors.items()
    }


def unpack(file: Path) -> dict[str, Call]:
    """The calls of a golden file, by signature."""
    tensors: dict[str, dict[str, dict[str, NDArray[Any]]]] = {}
    with np.load(file, allow_pickle=False) as arrays:
        for key in arrays.files:
            signature, kind, name = key.split("/", 2)
            array = arrays[key]
            array = array.astype(object) if array.dtype.kind == "S" else array
            tensors.setdefault(signature, {"inputs": {}, "outputs": {}})[kind][name] = array
    return {signature: Call(**kinds) for signature, kinds in tensors.items()}


def read(models: ModelFolder, name: str) -> dict[str, Call]:
    """The golden calls of one model, by signature."""
    return unpack(models.directory / name / GOLDEN)


def replay(model: Model, file: Path) -> float:
    """The largest difference from the golden outputs.

    Raises :class:`BrokenModelError` where it exceeds the tolerance.
    """
    largest = 0.0
    for signature, call in unpack(file).items():
        outputs = model.predict(call.inputs, signature)
        try:
            largest = max(largest, require_agreement(outputs, call.outputs))
        except DisagreementError as error:
            raise BrokenModelError(
                f"{model.name}: the golden outputs of {signature} are not answered: {error}"
            ) from error
    return largest


def preload(models: ModelFolder, engines: Literal["litert", "all", "none"]) -> None:
    """Load the models of these engines and run each once: a model's first run is its slowest.

    A model that is broken is left in ``models.broken`` and does not stop the others.
    """
    for name, metadata in models.served.items():
        if engines in ("all", metadata.engine):
            with contextlib.suppress(BrokenModelError, OSError):
                model = models.get(name)
                for signature, call in read(models, name).items():
                    model.predict(call.inputs, signature)


def replay_all(models: ModelFolder) -> None:
    """Print each model's largest difference. Exit with the reasons if a model is broken."""
    if models.broken:
        sys.exit("\n".join(models.broken.values()))
    for name in models.served:
        difference = replay(models.get(name), models.directory / name / GOLDEN)
        print(f"{name}: golden outputs match, largest difference {difference:.1e}")
    if not models.served:
        print(f"{models.directory} holds no model yet: add one with `make add-model`")


if __name__ == "__main__":
    replay_all(ModelFolder(settings.models_dir))
