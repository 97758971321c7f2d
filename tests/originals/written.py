"""What a function that writes an original returns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Original = Callable[[Arrays], Arrays]
Written = tuple[Path, Original]


def single(model: Any, name: str, output: str) -> Original:
    """A Keras model with one input and one output."""

    def original(inputs: Arrays) -> Arrays:
        return {output: model(tf.constant(inputs[name]), training=False).numpy()}

    return original
