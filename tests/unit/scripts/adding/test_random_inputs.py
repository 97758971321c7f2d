"""What is drawn for an input, and what tells its bounds."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.golden import Call
from inference.signatures import Signature, Tensors, TensorSpec
from scripts.adding.sampling.bounds import Bounds, BoundsRules, Fact
from scripts.adding.sampling.drawing import Attempt, draw
from scripts.adding.sampling.random_calls import random_calls, unproven
from scripts.adding.sources import SourceError

ANY = Bounds()
X, Y = (Fact(frozenset({name})) for name in "xy")


def table(*shape: int) -> Fact:
    return Fact(shape=shape)


def constant(*values: float) -> Fact:
    return Fact(value=np.array(values, np.float32))


def test_the_smallest_table_that_an_input_reaches_is_its_limit() -> None:
    rules = BoundsRules()
    joined = rules.apply("pass", [X, Y])
    rules.apply("gather", [table(100, 8), joined])
    rules.apply("gather", [table(8, 7), X], axis=1)
    assert (rules.of("x").limit, rules.of("y").limit) == (7, 100)
    assert rules.of("z").limit is None


def test_columns_that_are_taken_from_an_input_are_its_values() -> None:
    rules = BoundsRules()
    column = rules.apply("gather", [X, constant(1)])
    rules.apply("one_hot", [column, constant(4)])
    assert rules.of("x").limit == 4


def test_what_was_computed_with_is_no_index_any_more() -> None:
    """Such as a remainder, by which any number becomes an index."""
    rules = BoundsRules()
    rules.apply("gather", [table(7, 2), rules.apply("multiply", [X, constant(0.5)])])
    assert rules.of("x").limit is None


@pytest.mark.parametrize(
    ("role", "value", "pixels"),
    [
        ("multiply", 1 / 255, True),
        ("multiply", 1 / 127.5, True),
        ("multiply", 2, False),
        ("multiply", 0, False),
        ("divide", 127.5, True),
        ("divide", 0.22, False),
        ("subtract", 103.9, True),
        ("subtract", 0.45, False),
        ("add", -127.5, True),
        ("add", 1e-3, False),
    ],
)
def test_a_factor_or_a_mean_tells_pixels(role: str, value: float, *, pixels: bool) -> None:
    rules = BoundsRules()
    rules.apply(role, [X, constant(value)])  # type: ignore[arg-type]
    assert rules.of("x").pixels is pixels


def test_means_that_are_subtracted_are_known() -> None:
    rules = BoundsRules()
    rules.apply("subtract", [rules.apply("pass", [X]), constant(41, 52_000)])
    rules.apply("subtract", [constant(1), Y])  # 1 - y has no mean
    assert rules.of("x").means == (41, 52_000)
    assert rules.of("y").means == ()
    age, income = drawn("person", "float32", (-1, 2), rules.of("x")).astype(float).T
    assert 20 < age.mean() < 60
    assert 30_000 < income.mean() < 70_000


def drawn(
    name: str, dtype: str, shape: tuple[int, ...], bounds: Bounds = ANY, **given: object
) -> NDArray[np.generic]:
    attempt = Attempt(**({"rows": 50, "length": 9} | given))  # type: ignore[arg-type]
    spec = TensorSpec.model_validate({"dtype": dtype, "shape": shape})
    array = draw(name, spec, bounds, attempt, np.random.default_rng(0))
    assert array.dtype == spec.numpy_dtype
    assert spec.accepts(array.shape)
    return array


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int32", "uint8"])
def test_indices_are_whole_and_below_the_limit_in_every_dtype(dtype: str) -> None:
    array = drawn("tokens", dtype, (-1, -1), Bounds(limit=7))
    assert set(array.ravel().tolist()) == set(range(7))
    assert drawn("tokens", dtype, (-1, -1), Bounds(limit=7), limit=3).max() == 2


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
def test_a_mask_is_true_for_the_first_values_of_each_row(dtype: str) -> None:
    mask = drawn("input_mask", dtype, (-1, -1)).astype(int)
    assert set(mask.ravel().tolist()) == {0, 1}
    assert mask[:, 0].all()
    assert (np.diff(mask, axis=1) <= 0).all()


@pytest.mark.parametrize(
    ("dtype", "shape", "bounds", "rows", "least", "most"),
    [
        ("float32", (-1, 32, 32, 3), Bounds(pixels=True), 9, 0, 255),
        ("uint8", (-1, 32, 32, 1), ANY, 9, 0, 255),
        ("float32", (-1, 32, 32, 3), ANY, 9, -1, 1),
        ("float32", (-1, 32, 32, 4), ANY, 1, 0, 1),
        ("float32", (-1, 3, 32, 32), ANY, 9, -1, 1),  # channels first
        ("float16", (-1, 4, 32, 32, 3), Bounds(pixels=True), 2, 0, 255),  # a film
    ],
)
def test_the_range_of_pixels(
    dtype: str, shape: tuple[int, ...], bounds: Bounds, rows: int, least: float, most: float
) -> None:
    array = drawn("image", dtype, shape, bounds, rows=rows).astype(float)
    assert least <= array.min() < least + (most - least) / 8
    assert most - (most - least) / 8 < array.max() <= most


def test_a_series_has_waves() -> None:
    series = drawn("series", "float32", (-1, 100, 3))
    steps = np.diff(series.astype(float), axis=1)
    assert steps.std() < series.astype(float).std() / 1.5
    assert 0.8 < series.astype(float).std() < 1.3


def test_the_styles() -> None:
    assert drawn("x", "float32", (-1, 5), style="positive").min() > 0
    assert drawn("x", "int32", (-1, 5), style="positive", limit=3).min() == 1
    rows = drawn("x", "float32", (-1, 5), style="probabilities").astype(float)
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-6)
    one_hot = drawn("x", "float32", (-1, 5), style="one-hot")
    assert set(one_hot.ravel().tolist()) == {0, 1}
    assert (one_hot.astype(float).sum(axis=1) == 1).all()


FREE = Signature(
    inputs={"x": TensorSpec(dtype="float32", shape=(-1, -1))},
    outputs={"y": TensorSpec(dtype="float32", shape=(-1,))},
)


def needing(length: int) -> Callable[[Tensors], Tensors]:
    def run(inputs: Tensors) -> Tensors:
        if inputs["x"].shape[1] < length:
            raise ValueError(f"{length} positions are needed")
        return {"y": inputs["x"].sum(axis=1)}

    return run


def test_lengths_are_doubled_until_the_model_runs() -> None:
    calls = random_calls(FREE, needing(10_000))
    assert {call.inputs["x"].shape for call in calls} == {(2, 16384), (1, 24576), (5, 24576)}


def test_no_long_input_is_tried_after_the_time() -> None:
    with pytest.raises(SourceError, match=r"float32\[2, 5\] to x float32\[2, 224\]: 10"):
        random_calls(FREE, needing(10_000), seconds=-1)
    assert random_calls(FREE, needing(200), seconds=-1)


def square_roots(inputs: Tensors) -> Tensors:
    with np.errstate(invalid="ignore"):
        return {"y": np.sqrt(inputs["x"]).sum(axis=1)}


def nothing(inputs: Tensors) -> Tensors:
    return {"y": np.full(len(inputs["x"]), np.nan, np.float32)}


def test_outputs_are_finite_where_other_inputs_make_them_so() -> None:
    assert all(np.isfinite(call.outputs["y"]).all() for call in random_calls(FREE, square_roots))
    assert not list(unproven({"serve": random_calls(FREE, square_roots)}))
    (note,) = unproven({"serve": random_calls(FREE, nothing)})
    assert note.startswith("signature serve: the output 'y' is NaN or infinite")


def test_one_finite_number_is_proof_enough() -> None:
    outputs = {"y": np.array([np.nan, 1], np.float32), "n": np.array([1, 2])}
    assert not list(unproven({"serve": [Call({}, outputs)]}))


def refusing(inputs: Tensors) -> Tensors:
    raise ValueError("Graph execution error:\n\nDetected at node x\nthe splits do not fit")


def test_the_parts_of_a_ragged_tensor_are_named() -> None:
    parts = {
        "args_0": TensorSpec(dtype="int32", shape=(-1,)),
        "args_0_1": TensorSpec(dtype="int64", shape=(-1,)),
    }
    with pytest.raises(SourceError) as refused:
        random_calls(Signature(inputs=parts, outputs={}), refusing)
    message = str(refused.value)
    assert "(with args_0 int32[2], args_0_1 int64[2]: the splits do not fit); " in message
    assert "'args_0' and 'args_0_1' are the parts of a ragged tensor" in message
    assert "--examples" not in message
