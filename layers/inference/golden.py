"""Golden files: what a model answered when it was compared with its original.

``python -m inference.golden`` tries every model in a process of its own, then replays every golden
file. It fails if a model crashes, or answers differently.
"""

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path

from inference import verification
from inference.calls import GOLDEN, Call, first_rows, pack, unpack
from inference.errors import BrokenModelError, InferenceError
from inference.models import Model, ModelFolder
from inference.settings import Preload, settings

__all__ = ["GOLDEN", "Call", "first_rows", "pack", "preload", "read", "replay", "unpack"]


def read(models: ModelFolder, name: str) -> Mapping[str, Call]:
    """The golden calls of one model, by signature."""
    return models.golden(name)


def replay(model: Model, file: Path) -> float:
    """The largest difference from the outputs of a golden file.

    Raises :class:`BrokenModelError` where it exceeds the tolerance.
    """
    return verification.replay(model, unpack(file))


def preload(models: ModelFolder, engines: Preload) -> None:
    """Check all models, and load those of these engines.

    Each loaded model is run once, because a model's first run is its slowest: where its answers are
    checked, that was its run. A model that is broken is left in ``models.broken`` and does not stop
    the others.
    """
    models.try_models()
    for name, metadata in models.served.items():
        if engines not in ("all", metadata.engine):
            models.check_digest(name)
            continue
        with contextlib.suppress(BrokenModelError):
            model = models.get(name)
            if not models.replays:
                _warm_up(model, read(models, name))


def _warm_up(model: Model, calls: Mapping[str, Call]) -> None:
    for signature, call in calls.items():
        with contextlib.suppress(InferenceError):
            model.predict(call.inputs, signature)


def replay_all(directory: Path) -> None:
    """Print each model's largest difference. Exit with the reasons if a model is broken."""
    models = ModelFolder(directory, verify="trial")
    models.try_models()
    for name in models.served:
        with contextlib.suppress(BrokenModelError):
            difference = verification.replay(models.get(name), read(models, name))
            print(f"{name}: golden outputs match, largest difference {difference:.1e}")
    if models.broken:
        sys.exit("\n".join(models.broken.values()))
    if not models.served:
        print(f"{directory} holds no model yet: add one with `make add-model`")


if __name__ == "__main__":
    replay_all(settings.models_dir)
