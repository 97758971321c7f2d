"""``make add-model`` called from this process, so that TensorFlow is imported once for all tests.

Each model is loaded in a process of its own all the same, forked from one that has imported it.
"""

from pathlib import Path

from scripts import add_model


def add(models: Path, *arguments: str) -> None:
    """Add a model to the folder ``models``."""
    add_model.main([*arguments, f"--models-dir={models}"])
