"""The same application with TensorFlow and Keras in LiteRT's place, to compare with."""

from pathlib import Path

import keras

from inference import models
from inference.signatures import Tensors
from model.pet_names.sampler import Sampler


class KerasEngine:
    """Runs the sampler's TensorFlow functions on the Keras model beside ``file``."""

    def __init__(self, file: Path) -> None:
        network = keras.saving.load_model(file.with_suffix(".keras"), compile=False)
        self._sampler = Sampler(network)

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs by name."""
        outputs = getattr(self._sampler, signature)(**inputs)
        return {name: tensor.numpy() for name, tensor in outputs.items()}


models.LiteRTEngine = KerasEngine  # type: ignore[assignment,attr-defined]

from functions.api.app import app  # noqa: E402 - it loads its models when it is imported

__all__ = ["app"]
