"""Models that refuse most inputs are added without a file of examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from inference import golden
from inference.models import read_metadata
from tests.adding import add
from tests.originals import demanding

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")

BOTH = pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])


def added(tmp_path: Path, path: Path, engine: str = "litert") -> golden.Call:
    """The golden call of a model that LiteRT serves, with finite outputs."""
    add(tmp_path / "models", str(path), "model")
    assert read_metadata(tmp_path / "models/model").engine == engine
    (call,) = golden.unpack(tmp_path / "models/model/golden.npz").values()
    for output in call.outputs.values():
        assert np.isfinite(output).all()
        assert np.unique(output).size > 1
    return call


@BOTH
def test_tokens_that_are_declared_float(tmp_path: Path, library: Any) -> None:
    tokens = added(tmp_path, demanding.float_tokens(tmp_path, library)).inputs["tokens"]
    assert tokens.dtype == np.float32
    assert set(tokens.ravel()) <= set(range(7))
    assert tokens.max() > 3


@BOTH
def test_the_smallest_of_several_tables_bounds_an_input(tmp_path: Path, library: Any) -> None:
    inputs = added(tmp_path, demanding.nested_tables(tmp_path, library)).inputs
    assert 0 <= inputs["codes"].min() < inputs["codes"].max() < 3
    assert 3 <= inputs["tokens"].max() < 7


def test_a_table_in_a_saved_model_bounds_its_input(tmp_path: Path) -> None:
    call = added(tmp_path, demanding.gathering(tmp_path))
    assert 3 <= call.inputs["x"].max() < 9


def test_a_table_in_a_tflite_file_bounds_its_input(tmp_path: Path) -> None:
    call = added(tmp_path, demanding.gathering_litert(tmp_path))
    assert 3 <= call.inputs["x"].max() < 9


def test_a_series_is_drawn_as_long_as_the_model_needs(tmp_path: Path) -> None:
    call = added(tmp_path, demanding.long_series(tmp_path))
    assert call.inputs["series"].shape[1] >= 9000


def test_two_inputs_of_one_free_length(tmp_path: Path) -> None:
    inputs = added(tmp_path, demanding.same_lengths(tmp_path)).inputs
    assert inputs["series"].shape == inputs["weights"].shape


def test_a_ragged_input_takes_rows_of_one_length(tmp_path: Path) -> None:
    call = added(tmp_path, demanding.ragged(tmp_path))
    assert call.inputs["tokens"].ndim == 2
    assert call.inputs["tokens"].max() < 11


@pytest.mark.parametrize("scaling", ["Rescaling", "Normalization", "both"])
def test_pixels_are_0_to_255_where_the_model_scales_them(tmp_path: Path, scaling: str) -> None:
    image = added(tmp_path, demanding.picture(tmp_path, scaling)).inputs["image"]
    assert 0 <= image.min() < 50
    assert 200 < image.max() <= 255
    assert np.array_equal(image, image.round())
    # Like a photograph, neighbours are alike.
    steps = np.abs(np.diff(image, axis=1)).mean()
    assert steps < np.abs(image - image.mean()).mean()


def test_pixels_are_about_1_where_the_model_does_not_scale_them(tmp_path: Path) -> None:
    image = added(tmp_path, demanding.picture(tmp_path, "")).inputs["image"]
    assert -1 <= image.min() < -0.5
    assert 0.5 < image.max() <= 1


@BOTH
def test_columns_lie_around_the_means_that_the_model_subtracts(
    tmp_path: Path, library: Any
) -> None:
    age, income = added(tmp_path, demanding.normalized_table(tmp_path, library)).inputs["person"].T
    assert 10 < age.mean() < 80
    assert 10_000 < income.mean() < 100_000


@pytest.mark.parametrize("write", [demanding.logarithm, demanding.one_hot, demanding.distribution])
def test_other_numbers_are_drawn_where_normal_ones_do_not_do(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    added(tmp_path, write(tmp_path))


def test_outputs_that_are_never_finite_are_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(tmp_path / "models", str(demanding.nan_always(tmp_path)), "model")
    assert "the output 'y' is NaN or infinite for all inputs that were tried" in (
        " ".join(capsys.readouterr().out.split())
    )


def test_a_model_that_refuses_all_says_what_was_tried_and_why(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as refused:
        added(tmp_path, demanding.three_columns_only(tmp_path))
    message = str(refused.value)
    assert "cannot compute with any of the random inputs (with x float32[2, 5]: " in message
    assert "with x float32[2, 32768]: " in message
    assert "give real rows with --examples" in message
