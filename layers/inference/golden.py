"""Golden inputs and outputs: what a model answered when it was checked against its original.

``python -m inference.golden`` replays every model's and fails if one answers differently.
"""

import sys
from pathlib import Path

import numpy as np

from inference.errors import BrokenModelError
from inference.models import Model, served_models
from inference.settings import settings
from inference.signatures import Tensors

GOLDEN = "golden.npz"
TOLERANCE = 1e-4  # of any number, absolute and relative: the parity gate's


def pack(calls: dict[str, tuple[Tensors, Tensors]]) -> dict[str, np.typing.NDArray[np.generic]]:
    """Arrays by ``signature/inputs/name`` and ``signature/outputs/name``."""
    return {
        f"{signature}/{kind}/{name}": array
        for signature, both in calls.items()
        for kind, tensors in zip(("inputs", "outputs"), both, strict=True)
        for name, array in tensors.items()
    }


def replay(model: Model, file: Path) -> float:
    """The largest difference from the golden outputs.

    Raises :class:`BrokenModelError` where it exceeds the tolerance.
    """
    calls: dict[str, dict[str, dict[str, np.typing.NDArray[np.generic]]]] = {}
    with np.load(file, allow_pickle=False) as arrays:
        for key in arrays.files:
            signature, kind, name = key.split("/", 2)
            calls.setdefault(signature, {"inputs": {}, "outputs": {}})[kind][name] = arrays[key]
    largest = 0.0
    for signature, call in calls.items():
        outputs = model.predict(call["inputs"], signature)
        for name, expected in call["outputs"].items():
            actual = outputs[name]
            if not np.allclose(actual, expected, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
                raise BrokenModelError(
                    f"{model.name}: {signature}/{name} differs from the golden outputs"
                )
            largest = max(largest, float(np.max(np.abs(actual - expected), initial=0)))
    return largest


if __name__ == "__main__":
    names = served_models().names()
    if not names:
        sys.exit(f"no model in {settings.models_dir}")
    for each in names:
        difference = replay(served_models().get(each), settings.models_dir / each / GOLDEN)
        print(f"{each}: golden outputs match, largest difference {difference:.1e}")
