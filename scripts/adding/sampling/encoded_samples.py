"""Calls of signatures that take bytes: serialized examples, and pictures as files.

A text is no picture, so a model that decodes pictures refuses random words. What it may accept is
tried in turn: formats and sizes that networks often take.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inference.calls import Call
from inference.signatures import FeatureSpec, Signature, Tensors
from inference.tf_examples import encode

Run = Callable[[Tensors], Tensors]

_BATCH_SIZES = (2, 1, 5)
_INTEGER_LIMITS = (1000, 100, 30, 10, 3, 2, 1)  # a vocabulary may be small
_SIDES = (224, 28, 32, 64, 96, 128, 160, 192, 240, 256, 299)  # pixels
_FORMATS = (("jpeg", 3), ("png", 3), ("png", 1), ("png", 4))  # with the number of channels
_WORDS = (b"good", b"dog", b"a cat", b"")
_MOST_STEPS = 255


def calls_of_examples(signature: Signature, run: Run) -> list[Call]:
    """Random serialized examples with what ``run`` answers; none where it refuses all."""
    if not signature.features:
        return []
    ((name, spec),) = signature.inputs.items()

    def inputs(limit: int) -> Iterator[Tensors]:
        random = np.random.default_rng(0)
        for rows in _rows_of(spec.shape):
            drawn = [_example(signature.features, random, limit, row) for row in range(rows)]
            yield {name: _objects(drawn).reshape([rows, *[1] * (len(spec.shape) - 1)])}

    return _first_accepted([partial(inputs, limit) for limit in _INTEGER_LIMITS], run)


def calls_of_pictures(signature: Signature, run: Run) -> list[Call]:
    """Pictures in one input, or in all, with what ``run`` answers; none where it refuses all."""
    names = list(signature.inputs)
    if not names or any(spec.dtype != "string" for spec in signature.inputs.values()):
        return []
    places = [{name} for name in names] + ([set(names)] if len(names) > 1 else [])

    def inputs(where: set[str], side: int, form: tuple[str, int]) -> Iterator[Tensors]:
        random = np.random.default_rng(0)
        for rows in _rows_of(next(iter(signature.inputs.values())).shape):
            yield {
                name: _fill(
                    [rows if size < 0 else size for size in spec.shape],
                    partial(_picture, random, side, *form)
                    if name in where
                    else partial(random.choice, _WORDS),
                )
                for name, spec in signature.inputs.items()
            }

    attempts = [
        partial(inputs, where, side, form)
        for where in places
        for side in _SIDES
        for form in _FORMATS
    ]
    return _first_accepted(attempts, run)


def _first_accepted(attempts: Sequence[Callable[[], Iterator[Tensors]]], run: Run) -> list[Call]:
    for attempt in attempts:
        try:
            return [Call(inputs, run(inputs)) for inputs in attempt()]
        except Exception:  # noqa: BLE001, S112 - TensorFlow raises errors of many classes
            continue
    return []


def _rows_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    return _BATCH_SIZES if shape[:1] == (-1,) else (shape[0] if shape else 1,)


def _example(
    features: Mapping[str, FeatureSpec], random: np.random.Generator, limit: int, row: int
) -> bytes:
    """Every second one lacks what an example may lack."""
    return encode(
        {
            name: (spec.dtype, _values(spec, random, limit))
            for name, spec in features.items()
            if spec.required or row % 2 == 0
        }
    )


def _values(spec: FeatureSpec, random: np.random.Generator, limit: int) -> list[Any]:
    if spec.dtype == "string":
        return [_WORDS[place] for place in random.integers(0, len(_WORDS), spec.size)]
    if spec.dtype == "int64":
        numbers: list[int] = random.integers(0, limit, spec.size).tolist()
        return numbers
    floats: list[float] = random.normal(size=spec.size).round(3).tolist()
    return floats


def _picture(random: np.random.Generator, side: int, form: str, channels: int) -> bytes:
    """Smooth as a photograph is: decoders differ in noise, and it would fill the golden file."""
    corners = random.integers(0, _MOST_STEPS + 1, (4, 4, channels))
    pixels = tf.image.resize(corners, (side, side), "bicubic")
    pixels = tf.saturate_cast(pixels, tf.uint8)
    encoded = tf.io.encode_jpeg(pixels) if form == "jpeg" else tf.io.encode_png(pixels)
    content: bytes = encoded.numpy()
    return content


def _fill(shape: list[int], draw: Callable[[], Any]) -> NDArray[Any]:
    return _objects([bytes(draw()) for _ in range(int(np.prod(shape)))]).reshape(shape)


def _objects(values: list[bytes]) -> NDArray[Any]:
    array = np.empty(len(values), object)
    array[:] = values
    return array
