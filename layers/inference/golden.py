"""Golden inputs and outputs: what a model answered when it was checked against its original.

``python -m inference.golden`` replays every model's and fails if one answers differently.
"""

import contextlib
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inference.errors import BrokenModelError
from inference.models import Model, ModelFolder, served_models
from inference.signatures import Tensors

GOLDEN = "golden.npz"
_TOLERANCE = 1e-4  # of any number, absolute and relative
_ROUNDINGS = 8  # of the dtype's own precision, for half-precision models


def tolerance(dtype: np.dtype[Any]) -> float:
    """The largest difference that agrees: a few roundings of half precision are more than 1e-4."""
    return max(_TOLERANCE, _ROUNDINGS * float(np.finfo(dtype).eps)) if dtype.kind == "f" else 0


def pack(calls: dict[str, tuple[Tensors, Tensors]]) -> dict[str, NDArray[Any]]:
    """Arrays by ``signature/inputs/name`` and ``signature/outputs/name``; text as fixed bytes."""
    return {
        f"{signature}/{kind}/{name}": array.astype(bytes) if array.dtype == object else array
        for signature, both in calls.items()
        for kind, tensors in zip(("inputs", "outputs"), both, strict=True)
        for name, array in tensors.items()
    }


def replay(model: Model, file: Path) -> float:
    """The largest difference from the golden outputs.

    Raises :class:`BrokenModelError` where it exceeds the tolerance.
    """
    largest = 0.0
    for signature, (inputs, expected_outputs) in unpack(file).items():
        outputs = model.predict(inputs, signature)
        for name, expected in expected_outputs.items():
            actual = outputs[name]
            if not _agree(actual, expected):
                raise BrokenModelError(
                    f"{model.name}: {signature}/{name} differs from the golden outputs"
                )
            if expected.dtype.kind == "f":
                largest = max(largest, float(np.nanmax(np.abs(actual - expected), initial=0)))
    return largest


def _agree(actual: NDArray[Any], expected: NDArray[Any]) -> bool:
    if expected.dtype.kind != "f":
        return np.array_equal(actual, expected)
    allowed = tolerance(expected.dtype)
    return np.allclose(actual, expected, rtol=allowed, atol=allowed, equal_nan=True)


def unpack(file: Path) -> dict[str, tuple[Tensors, Tensors]]:
    """By signature, inputs and outputs."""
    calls: dict[str, tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]] = {}
    with np.load(file, allow_pickle=False) as arrays:
        for key in arrays.files:
            signature, kind, name = key.split("/", 2)
            array = arrays[key]
            array = array.astype(object) if array.dtype.kind == "S" else array
            calls.setdefault(signature, ({}, {}))[kind == "outputs"][name] = array
    return dict(calls)


def preload(models: ModelFolder, engines: Literal["litert", "all", "none"]) -> None:
    """Load the models of these engines and run each once: a model's first run is its slowest.

    One that is broken is left in ``models.broken`` and does not stop the others.
    """
    for name, metadata in models.described.items():
        if engines in ("all", metadata.engine):
            with contextlib.suppress(BrokenModelError, OSError):
                model = models.get(name)
                for signature, (inputs, _) in unpack(models.directory / name / GOLDEN).items():
                    model.predict(inputs, signature)


def replay_all(models: ModelFolder) -> None:
    """Print each model's largest difference; exit with the reason if one is broken."""
    if models.broken or not models.described:
        sys.exit("\n".join(models.broken.values()) or f"no model in {models.directory}")
    for name in models.described:
        difference = replay(models.get(name), models.directory / name / GOLDEN)
        print(f"{name}: golden outputs match, largest difference {difference:.1e}")


if __name__ == "__main__":
    replay_all(served_models())
