"""Each composed operation on LiteRT against TensorFlow, on values at the edges."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from inference.agreement import require_agreement
from inference.engines.litert import LiteRTEngine
from model.composing import COMPOSED
from model.convert import NotCompilableError, convert

Function = Callable[..., tf.Tensor]

_FLOATS: NDArray[Any] = np.array(
    [0, -0.0, 1, -1, 0.5, -0.5, 1e-6, 0.09, 3, -7.5, 20, -20, 1e12, np.inf, -np.inf, np.nan],
    np.float32,
)
_SMALL: NDArray[Any] = np.array([0, 1, -1, 0.5, -0.999, 1e-6, 1.5, -2, np.inf, np.nan], np.float32)
_BITS = (np.uint8, np.int8, np.int16, np.int32, np.int64)
_RANDOM = np.random.default_rng(0)


def _integers(dtype: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    bounds = np.iinfo(dtype)
    edges = np.array([bounds.min, bounds.min + 1, bounds.max, bounds.max - 1, 0, 1], dtype)
    x, y = np.meshgrid(edges, edges)
    more = _RANDOM.integers(bounds.min, bounds.max, (2, 100), dtype, endpoint=True)
    return np.append(x.ravel(), more[0]), np.append(y.ravel(), more[1])


def _volume(*shape: int) -> NDArray[Any]:
    return _RANDOM.normal(size=shape).astype(np.float32)


def _spectrum(function: Function) -> Function:
    """Complex numbers are inside only: LiteRT makes them by a Fourier transform."""
    return lambda x: function(tf.signal.rfft(x))


def _inverse(length: int) -> Function:
    return _spectrum(lambda x: tf.raw_ops.IRFFT(input=x, fft_length=[length]))


def _pool(function: Function, sizes: list[int], strides: list[int], padding: str) -> Function:
    return lambda x: function(x, sizes, strides, padding)


def _loop(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """In the body of a loop, whose tensors have no shapes that are known."""
    _, result = tf.while_loop(
        lambda time, _: time < 3,
        lambda time, now: (time + 1, tf.bitwise.bitwise_or(tf.bitwise.bitwise_and(now, y), x)),
        (tf.constant(0), x),
    )
    return result


bits = tf.bitwise
CASES: dict[str, tuple[Function, list[NDArray[Any]]]] = {
    "Acos": (tf.math.acos, [_SMALL]),
    "Acosh": (tf.math.acosh, [_FLOATS]),
    "Angle": (_spectrum(tf.math.angle), [_volume(3, 16)]),
    "Asin": (tf.math.asin, [_SMALL]),
    "Asinh": (tf.math.asinh, [_FLOATS]),
    "Atan": (tf.math.atan, [_FLOATS]),
    "Atanh": (tf.math.atanh, [_SMALL]),
    "Cosh": (tf.math.cosh, [_FLOATS]),
    "Erfc": (tf.math.erfc, [_FLOATS]),
    "Sinh": (tf.math.sinh, [_FLOATS]),
    "Tan": (tf.math.tan, [_SMALL]),
    "TruncateMod": (
        tf.truncatemod,
        [
            np.array([7, -7, 7, -7, 0, 2**31 - 1], np.int32),
            np.array([3, 3, -3, -3, 5, 2], np.int32),
        ],
    ),
    "LowerBound": (
        lambda x: tf.searchsorted(tf.constant([[-1.0, 0, 0, 2.5]]), tf.expand_dims(x, 0)),
        [_FLOATS[:-1]],
    ),
    "UpperBound": (
        lambda x: tf.searchsorted(tf.constant([[-1.0, 0, 0, 2.5]]), tf.expand_dims(x, 0), "right"),
        [_FLOATS[:-1]],
    ),
    "IRFFT, even": (_inverse(16), [_volume(3, 16)]),
    "IRFFT, odd, cut": (_inverse(13), [_volume(2, 3, 16)]),
    "MaxPool3D, same": (
        _pool(tf.nn.max_pool3d, [2, 3, 2], [2, 1, 3], "SAME"),
        [_volume(2, 5, 7, 4, 3) - 9],
    ),
    "MaxPool3D, valid": (
        _pool(tf.nn.max_pool3d, [3, 2, 2], [1, 2, 2], "VALID"),
        [_volume(1, 5, 7, 4, 3)],
    ),
    "AvgPool3D, same": (
        _pool(tf.nn.avg_pool3d, [2, 3, 2], [2, 1, 3], "SAME"),
        [_volume(2, 5, 7, 4, 3)],
    ),
    "AvgPool3D, valid": (
        _pool(tf.nn.avg_pool3d, [3, 2, 2], [1, 2, 2], "VALID"),
        [_volume(1, 5, 7, 4, 3)],
    ),
    "BitwiseAnd, in a loop": (_loop, list(_integers(np.int32))),
    **{
        f"{name}, {np.dtype(dtype)}": (function, list(_integers(dtype)))
        for dtype in _BITS
        for name, function in (
            ("BitwiseAnd", bits.bitwise_and),
            ("BitwiseOr", bits.bitwise_or),
            ("BitwiseXor", bits.bitwise_xor),
        )
    },
    **{f"Invert, {np.dtype(dtype)}": (bits.invert, [_integers(dtype)[0]]) for dtype in _BITS},
}


def _compile(function: Function, inputs: list[NDArray[Any]], folder: Path) -> LiteRTEngine:
    names = [f"x{place}" for place in range(len(inputs))]
    specs = [
        tf.TensorSpec([None, *array.shape[1:]], array.dtype, name=name)
        for name, array in zip(names, inputs, strict=True)
    ]
    traced = tf.function(lambda *tensors: {"y": function(*tensors)}, input_signature=specs)
    module = tf.Module()
    module.kept = getattr(function, "table", None)
    (folder / "model.tflite").write_bytes(convert(module, {"serving_default": traced}))
    return LiteRTEngine(folder / "model.tflite")


@pytest.mark.parametrize("name", CASES)
def test_litert_answers_as_tensorflow(tmp_path: Path, name: str) -> None:
    function, inputs = CASES[name]
    engine = _compile(function, inputs, tmp_path)
    named = {f"x{place}": array for place, array in enumerate(inputs)}
    expected = np.asarray(function(*map(tf.constant, inputs)))
    require_agreement(engine.run("serving_default", named), {"y": expected})


def test_every_operation_of_the_list_has_a_case() -> None:
    assert {name.split(",")[0] for name in CASES} == set(COMPOSED)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 500])
@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_tables_of_numbers(tmp_path: Path, size: int, dtype: Any) -> None:
    keys = _RANDOM.permutation(np.arange(-size, size, dtype=np.int64) * 3)[:size]
    values = np.arange(size).astype(dtype) * 7
    table = tf.lookup.experimental.MutableHashTable(tf.int64, dtype, -1)
    if size:
        table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), -1)

    class _Lookup:
        def __init__(self) -> None:
            self.table = table

        def __call__(self, x: tf.Tensor) -> tf.Tensor:
            return self.table.lookup(x)

    asked = np.append(keys, [2**62, -(2**62), 1, 0]).reshape(-1, 1)
    engine = _compile(_Lookup(), [asked], tmp_path)
    expected = table.lookup(tf.constant(asked)).numpy()
    require_agreement(engine.run("serving_default", {"x0": asked}), {"y": expected})


def test_a_table_of_text_is_named(tmp_path: Path) -> None:
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant([1], tf.int64), tf.constant(["a"])), ""
    )

    class _Lookup:
        def __init__(self) -> None:
            self.table = table

        def __call__(self, x: tf.Tensor) -> tf.Tensor:
            return tf.strings.length(self.table.lookup(x))

    with pytest.raises(NotCompilableError, match="LookupTableFindV2 of text"):
        _compile(_Lookup(), [np.zeros(1, np.int64)], tmp_path)
