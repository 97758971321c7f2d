"""The same application with TensorFlow and Keras in place of LiteRT, to compare with."""

import keras

from functions.api.app import create_app
from inference.golden import preload
from inference.models import Model, ModelFolder
from inference.settings import settings
from inference.signatures import Tensors
from model.pet_names import FOLDER
from model.pet_names.sampler import Sampler


class KerasEngine:
    """Runs the sampler's TensorFlow functions on the Keras model."""

    def __init__(self) -> None:
        self._sampler = Sampler(keras.saving.load_model(FOLDER / "model.keras", compile=False))

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs by name."""
        outputs = getattr(self._sampler, signature)(**inputs)
        return {name: tensor.numpy() for name, tensor in outputs.items()}


class _ModelsOnKeras(ModelFolder):
    """The same models, but Keras runs the pet names."""

    def __init__(self) -> None:
        super().__init__(settings.models_dir, verify="none")
        self._pet_names = Model(self.describe(FOLDER.name), KerasEngine())

    def get(self, name: str) -> Model:
        return self._pet_names if name == FOLDER.name else super().get(name)


_models = _ModelsOnKeras()
preload(_models, "litert")  # those that metadata.json gives to LiteRT
app = create_app(_models)
