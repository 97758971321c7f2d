"""A Keras model as a service of BentoML."""

import os

import bentoml
import numpy as np
import tf_keras


@bentoml.service(workers=1)
class Network:
    """One worker, as in every server of the benchmark."""

    def __init__(self) -> None:
        self.model = tf_keras.models.load_model(os.environ["MODEL_FILE"], compile=False)

    @bentoml.api
    def predict(self, instances: list[list[list[float]]]) -> list[list[float]]:
        """Call the model."""
        predictions: list[list[float]] = (
            self.model(np.array(instances, np.float32)).numpy().tolist()
        )
        return predictions
