"""Runs models for requests: in turn, within the model's limits and the answer's size."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from aws_lambda_powertools.metrics import MetricUnit
from fastapi import Request

from functions.api.turns import Turns
from inference.errors import TooLargeError
from inference.models import Metadata, ModelFolder
from inference.signatures import Tensors
from inference.telemetry import record, span

_FEWEST_BYTES = 2  # of a value in JSON: a digit and a comma
Result = TypeVar("Result")


@dataclass(frozen=True)
class Predictor:
    """Runs models for one request. ``max_answer_bytes`` is the largest answer."""

    models: ModelFolder
    turns: Turns
    max_answer_bytes: int
    request: Request

    async def in_turn(self, name: str, work: Callable[[], Result], rows: int = 1) -> Result:
        """What ``work`` returns, when it is this request's turn at the model.

        ``rows`` is for the span of a trace.

        Raises what :meth:`Turns.run` and :meth:`ModelFolder.describe` raise.
        """
        metadata = self.models.describe(name)

        def traced_work() -> Result:
            with span("predict", model=name, rows=rows):
                return work()

        return await self.turns.run(self.request, name, metadata.engine, traced_work)

    async def predict(self, name: str, inputs: Tensors, signature: str | None = None) -> Tensors:
        """Outputs by name, when it is this request's turn. For endpoints.

        Raises what :meth:`in_turn`, :meth:`ModelFolder.get` and :meth:`Model.predict` raise.
        """
        return await self.in_turn(name, lambda: self.models.get(name).predict(inputs, signature))

    async def run(
        self,
        metadata: Metadata,
        inputs: Tensors,
        signature: str,
        encode: Callable[[Tensors], Result],
    ) -> Result:
        """What ``encode`` makes of the outputs, in the same turn.

        Raises :class:`TooLargeError` before the model runs, and what :meth:`in_turn`,
        :meth:`ModelFolder.get` and :meth:`Model.predict` raise.
        """
        self._require_limits(metadata, inputs, signature)

        def predict() -> Result:
            model = self.models.get(metadata.name)
            started = time.perf_counter()
            outputs = model.predict(inputs, signature)
            record("ModelTime", MetricUnit.Milliseconds, (time.perf_counter() - started) * 1000)
            self._require_small_answer(sum(array.size for array in outputs.values()))
            return encode(outputs)

        rows = metadata.signatures[signature].rows(inputs)
        return await self.in_turn(metadata.name, predict, rows)

    def _require_limits(self, metadata: Metadata, inputs: Tensors, name: str) -> None:
        signature = metadata.signatures[name]
        signature.check(inputs)
        metadata.limits.require(inputs, signature)
        self._require_small_answer(signature.values(signature.rows(inputs)))

    def _require_small_answer(self, values: int) -> None:
        """Refuse what cannot fit. Where it can, the encoder counts the bytes."""
        if _FEWEST_BYTES * values > self.max_answer_bytes:
            raise TooLargeError(
                f"the answer would exceed {self.max_answer_bytes} bytes; send fewer rows"
            )
