"""``make add-model`` in this process: TensorFlow takes seconds to import."""

from pathlib import Path
from unittest.mock import patch

from inference.settings import settings
from scripts import add_model


def add(models: Path, *arguments: str) -> None:
    """Add a model to another folder of models than the repository's."""
    with patch.object(add_model, "settings", settings.model_copy(update={"models_dir": models})):
        add_model.main(arguments)
