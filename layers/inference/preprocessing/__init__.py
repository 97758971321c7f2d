"""Keras' preprocessing layers by Python and NumPy: a model of texts needs no TensorFlow."""

from inference.preprocessing.pipeline import (
    MOST_BYTES,
    Preprocessing,
    Step,
    read_preprocessing,
    write_preprocessing,
)

__all__ = ["MOST_BYTES", "Preprocessing", "Step", "read_preprocessing", "write_preprocessing"]
