"""Models in other precisions, in other forms, and with code that serving does not need."""

from pathlib import Path
from types import ModuleType

import keras
import pytest
import tf_keras

from inference import golden
from inference.models import ModelFolder
from tests.adding import add
from tests.originals import precisions

pytestmark = pytest.mark.filterwarnings(
    "ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
)


def served_by(models: Path) -> str:
    """The engine; the golden file must hold what it answers."""
    model = ModelFolder(models).get("model")
    golden.replay(model, models / "model/golden.npz")
    return model.metadata.engine


@pytest.mark.parametrize(
    ("library", "policy"),
    [
        (keras, "mixed_float16"),
        (keras, "mixed_bfloat16"),
        (keras, "float16"),
        (keras, "bfloat16"),
        (tf_keras, "mixed_float16"),
        (tf_keras, "mixed_bfloat16"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_half_precision_is_served_by_litert(
    tmp_path: Path, library: ModuleType, policy: str
) -> None:
    path = precisions.in_precision(tmp_path, library, policy)
    add(tmp_path / "models", str(path), "model")
    assert served_by(tmp_path / "models") == "litert"


def test_a_quantized_model_is_served_by_litert(tmp_path: Path) -> None:
    add(tmp_path / "models", str(precisions.quantized(tmp_path)), "model")
    assert served_by(tmp_path / "models") == "litert"


def test_a_free_number_of_steps_answers_as_outside_of_a_graph(tmp_path: Path) -> None:
    add(tmp_path / "models", str(precisions.free_time_distributed(tmp_path)), "model")
    assert served_by(tmp_path / "models") == "litert"


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_losses_metrics_and_optimizers_are_never_loaded(tmp_path: Path, suffix: str) -> None:
    path = precisions.compiled_with_own_code(tmp_path, suffix)
    add(tmp_path / "models", str(path), "model")
    assert served_by(tmp_path / "models") == "litert"
