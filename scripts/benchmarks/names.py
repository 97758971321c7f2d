"""Twenty pet names: our handler, and the R project's algorithm on the same network.

Imports the example, so it is imported only where the example is.
"""

import contextlib
import io
import json
import statistics
import time
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np

from functions.api.handler import lambda_handler
from model.pet_names import FOLDER, vocabulary

_EVENT = FOLDER.parents[1] / "tests" / "events" / "pet_names" / "names.json"
_CONTEXT: Any = SimpleNamespace(
    function_name="benchmark", memory_limit_in_mb=0, invoked_function_arn="", aws_request_id=""
)


def handler_milliseconds(repeats: int = 500) -> float:
    """The median time from event to response. Metrics and logs are included."""
    event = json.loads(_EVENT.read_text(encoding="utf-8"))
    times = []
    with contextlib.redirect_stdout(io.StringIO()):
        for _ in range(repeats):
            started = time.perf_counter()
            response = lambda_handler(event, _CONTEXT)
            times.append(time.perf_counter() - started)
    if response["statusCode"] != HTTPStatus.OK:
        raise RuntimeError(response["body"])
    return statistics.median(times) * 1000


def r_algorithm_milliseconds(count: int = 20) -> float:
    """One Keras ``predict`` for every character of every name, as the R service did."""
    network = keras.saving.load_model(FOLDER / "model.keras", compile=False)
    random = np.random.default_rng(1)
    tokens = np.zeros((1, vocabulary.MAX_LENGTH + 1), np.int32)
    network.predict(tokens, verbose=0)  # the first call traces the network; it is not measured
    started = time.perf_counter()
    for _ in range(count):
        tokens[:] = vocabulary.PADDING
        tokens[0, 0] = vocabulary.start_token("dog")
        for step in range(vocabulary.MAX_LENGTH):
            logits = network.predict(tokens, verbose=0)[0, step, 1:]
            chances = np.exp(logits - logits.max(), dtype=np.float64)
            tokens[0, step + 1] = 1 + random.choice(len(chances), p=chances / chances.sum())
            if tokens[0, step + 1] == vocabulary.STOP:
                break
    return (time.perf_counter() - started) * 1000
