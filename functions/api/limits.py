"""The limits of HTTP: how many rows one request may send, and how large its answer may be.

What is read from a file, such as scheduled scoring, has none of these limits.
"""

import time
from dataclasses import dataclass

from aws_lambda_powertools.metrics import MetricUnit

from inference.errors import TooLargeError
from inference.models import Model, ModelFolder
from inference.signatures import Tensors
from inference.telemetry import record

_FEWEST_BYTES = 2  # of a value in JSON: a digit and a comma


@dataclass(frozen=True)
class Predictor:
    """Runs models for requests. ``max_answer_bytes`` is the largest answer."""

    models: ModelFolder
    max_answer_bytes: int

    def run(self, name: str, inputs: Tensors, signature: str) -> Tensors:
        """Outputs by name.

        Raises :class:`TooLargeError`, before the model runs where the sizes are known by then,
        and what :meth:`ModelFolder.get` and :meth:`Model.predict` raise.
        """
        model = self.models.get(name)
        self._refuse_large_request(model, inputs, signature)
        started = time.perf_counter()
        outputs = model.predict(inputs, signature)
        record("ModelTime", MetricUnit.Milliseconds, (time.perf_counter() - started) * 1000)
        self._refuse_large_answer(sum(array.size for array in outputs.values()))
        return outputs

    def _refuse_large_request(self, model: Model, inputs: Tensors, name: str) -> None:
        signature = model.metadata.signatures[name]
        signature.check(inputs)
        rows = signature.rows(inputs)
        if rows > model.metadata.max_batch:
            raise TooLargeError(f"{rows} rows; {model.metadata.max_batch} may be sent at once")
        self._refuse_large_answer(signature.values(rows))

    def _refuse_large_answer(self, values: int) -> None:
        if _FEWEST_BYTES * values > self.max_answer_bytes:
            raise TooLargeError(
                f"the answer would exceed {self.max_answer_bytes} bytes; send fewer rows"
            )
