"""``make add-model`` in this process, because importing TensorFlow takes seconds."""

from pathlib import Path

from scripts import add_model


def add(models: Path, *arguments: str) -> None:
    """Add a model to the folder ``models``."""
    add_model.main([*arguments, f"--models-dir={models}"])
