"""Crossings, bins and scales answer what Keras' own layers answer, for Keras 3 and Keras 2."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from tests.integration.inference.keras_layers import GENERATIONS, check, numbers, strings

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
both = pytest.mark.parametrize("generation", [2, 3])
BOUNDARIES = [-1.5, 0.0, 0.1, 0.1, 2.0, 16777217.0]
near = st.sampled_from([-1.5, 0.0, -0.0, 0.1, 2.0, 0.10000000149011612, 3e7])


@both
@pytest.mark.parametrize("mode", ["int", "one_hot"])
@pytest.mark.parametrize("shape", [(), (1,)])
def test_crossings(generation: int, mode: str, shape: tuple[int, ...]) -> None:
    layer = GENERATIONS[generation].layers.HashedCrossing(6, output_mode=mode)
    columns = [strings(*shape), numbers("int64", *shape), strings(*shape)]
    # A model of Keras 3 crosses no more than two, although the layer would.
    check(layer, *columns[: 3 if generation == 2 else 2])


@both
@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
def test_discretization(generation: int, mode: str) -> None:
    layer = GENERATIONS[generation].layers.Discretization(BOUNDARIES, output_mode=mode)
    for shape in ((), (1,)) if mode == "one_hot" else ((), (3,)):
        for dtype in ("float32", "int32", "int64", "float64"):
            check(layer, numbers(dtype, *shape), examples=20)
            if dtype.startswith("float"):
                close = near.map(np.dtype(dtype).type)
                check(layer, numbers(dtype, *shape, values=close), examples=20)


@both
def test_an_adapted_discretization(generation: int) -> None:
    layer = GENERATIONS[generation].layers.Discretization(num_bins=4)
    layer.adapt(np.linspace(-3, 9, 100, dtype=np.float32)[:, None])
    values = numbers("float32", 1, values=st.floats(-9, 9, width=32))
    check(layer, values)


@both
@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
def test_category_encoding(generation: int, mode: str, dtype: str) -> None:
    layer = GENERATIONS[generation].layers.CategoryEncoding(4, output_mode=mode)
    values = st.integers(-1, 5) | st.integers(0, 3)
    for shape in ((), (1,)) if mode == "one_hot" else ((), (1,), (3,)):
        check(layer, numbers(dtype, *shape, values=values), examples=40)


@both
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize(
    ("axis", "mean", "variance"),
    [
        (-1, [0.5, -3.0, 1e6], [2.0, 0.0, 3e-9]),
        (None, 0.5, 7.0),
        (2, [0.5, -3.0, 1e6], [2.0, 0.0, 3e-9]),
        ((1, 2), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    ],
)
def test_normalization(
    generation: int, axis: Any, mean: Any, variance: Any, *, invert: bool
) -> None:
    layer = GENERATIONS[generation].layers.Normalization(
        axis=axis, mean=mean, variance=variance, invert=invert
    )
    check(layer, numbers("float32", 2, 3))


@both
def test_an_adapted_normalization(generation: int) -> None:
    layer = GENERATIONS[generation].layers.Normalization()
    layer.adapt(np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32))
    check(layer, numbers("float32", 3))
    layer = GENERATIONS[generation].layers.Normalization(
        mean=[1.0, 2.0, 3.0], variance=[4.0, 5.0, 6.0]
    )
    check(layer, numbers("int32", 3))


@both
def test_shapes_and_scales(generation: int) -> None:
    layers = GENERATIONS[generation].layers
    for dtype in ("float32", "int32"):
        layer = layers.Rescaling(1 / 255, offset=-1.0)
        values = numbers(dtype, 3, values=st.integers(-1000, 1000))
        check(layer, values, examples=30)
    layer = layers.Reshape((3, -1))
    check(layer, strings(2, 3), examples=10)
    for shape in ((), (2, 3)):
        layer = layers.Flatten()
        check(layer, numbers("int64", *shape), examples=10)


def test_concatenation_of_dtypes_in_keras_3() -> None:
    floats = numbers("float32", 2)
    check(GENERATIONS[3].layers.Concatenate(), numbers("int64", 1), floats)
