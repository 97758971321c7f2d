"""A Keras model behind LitServe: ``litserve_keras.py PORT``."""

import os
import sys
from typing import Any

import litserve
import numpy as np
import tf_keras


class Network(litserve.LitAPI):
    """One worker, as in every server of the benchmark."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's own signature
        """Load the model in the worker."""
        self.model = tf_keras.models.load_model(os.environ["MODEL_FILE"], compile=False)

    def decode_request(self, request: dict[str, Any]) -> Any:  # noqa: ANN401
        """Make an array of the rows."""
        return np.array(request["instances"], np.float32)

    def predict(self, x: Any) -> Any:  # noqa: ANN401
        """Call the model."""
        return self.model(x).numpy()

    def encode_response(self, output: Any) -> dict[str, Any]:  # noqa: ANN401
        """Make rows of the array."""
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(Network(), accelerator="cpu", workers_per_device=1)
    server.run(port=int(sys.argv[1]), host="127.0.0.1", generate_client_file=False)
