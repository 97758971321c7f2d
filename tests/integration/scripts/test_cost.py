"""The limits that ``add-model`` derives: of engines with a known cost, and of real models.

A known cost is told by a clock and a memory of the test's own, so no test depends on time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from inference.errors import InvalidInputError
from inference.golden import Call
from inference.models import Metadata, Provenance, ServedRecord, SourceRecord, read_metadata
from inference.signatures import Signature, Tensors, TensorSpec
from scripts.adding.cost import MAX_LENGTH, MAX_VALUES, Budget, DerivedLimits, measure_limits
from scripts.adding.describe import limits_of
from tests import originals
from tests.adding import add

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")

Shape = tuple[int, ...]


@dataclass
class KnownCost:
    """An engine whose runs take ``seconds_of`` and ``bytes_of`` the shape of its input."""

    seconds_of: Callable[[Shape], float]
    bytes_of: Callable[[Shape], int] = lambda _: 0
    longest: int = 10**9
    answered_by_value: int = 0
    now: float = 0.0
    held: int = 10**9
    runs: int = 0

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        assert signature == "s"
        shape = inputs["x"].shape
        if max(shape[1:], default=0) > self.longest:
            raise InvalidInputError("the model cannot compute with these values")
        self.runs += 1
        self.now += self.seconds_of(shape)
        self.held = 10**9 + self.bytes_of(shape)
        return {"y": np.zeros((*shape[:1], self.answered_by_value * int(np.prod(shape[1:]))))}

    def limits(self, shape: Shape, *, dtype: str = "float32", rows: bool = True) -> DerivedLimits:
        """Of a signature with one input of this shape."""
        spec = TensorSpec.model_validate({"dtype": dtype, "shape": shape})
        outputs = {"y": TensorSpec(dtype="float32", shape=(-1,) if rows else ())}
        inputs = {
            "x": np.ones([5 if size < 0 else size for size in shape]).astype(spec.numpy_dtype)
        }
        return measure_limits(
            self,
            {"s": Signature(inputs={"x": spec}, outputs=outputs)},
            {"s": [Call(inputs, {})]},
            Budget(clock=lambda: self.now, memory=lambda: self.held),
        )


def size(shape: Shape) -> int:
    return int(np.prod(shape))


COSTS: dict[str, tuple[Shape, Callable[[Shape], float]]] = {
    "linear": ((-1, -1), lambda shape: 30e-6 * size(shape)),
    "slow": ((-1, -1), lambda shape: 1e-3 * size(shape)),
    "attention": ((-1, -1, 8), lambda shape: 1e-8 * shape[0] * shape[1] ** 2 + 1e-4),
    "cubic": ((-1, -1), lambda shape: 1e-9 * shape[0] * shape[1] ** 3),
    "image": ((-1, -1, -1, 3), lambda shape: 1e-7 * size(shape)),
    "costly rows": ((-1, -1), lambda shape: 0.02 * shape[0] + 1e-6 * size(shape)),
    "fixed": ((-1, 20), lambda shape: 0.5 * shape[0]),
    "fixed and cheap": ((-1, 20), lambda shape: 1e-6 * shape[0]),
}


@pytest.mark.parametrize("kind", COSTS)
def test_nothing_that_passes_runs_longer_than_half_the_time(kind: str) -> None:
    shape, seconds_of = COSTS[kind]
    limits = KnownCost(seconds_of).limits(shape)
    lengths = [2**power for power in range(17) if 2**power <= (limits.max_length or 1)]
    for length in [*lengths, limits.max_length or 1]:
        one_row = [length if n < 0 else n for n in shape[1:]]
        rows = min(limits.max_batch, limits.max_values // size(tuple(one_row)))
        assert seconds_of((rows, *one_row)) <= 10.1, (length, rows)
    assert limits.max_values >= size(
        tuple(limits.max_length or 1 if n < 0 else n for n in shape[1:])
    )


def test_nothing_that_passes_takes_more_memory() -> None:
    """Attention of four heads keeps a score for each pair of places."""

    def bytes_of(shape: Shape) -> int:
        return 16 * shape[0] * shape[1] ** 2

    limits = KnownCost(lambda shape: 1e-9 * size(shape), bytes_of).limits((-1, -1))
    assert limits.max_length is not None
    assert limits.max_length >= 1024
    rows = limits.max_values // limits.max_length
    assert bytes_of((rows, limits.max_length)) <= 512 * 2**20


def test_nothing_that_passes_has_an_answer_over_six_megabytes() -> None:
    """31 numbers for each value, each of twelve characters."""
    free = KnownCost(lambda _: 1e-6, answered_by_value=31).limits((-1, -1))
    assert free.max_length == 2**14
    assert free.max_values * 31 * 12 <= 6 * 2**20
    fixed = KnownCost(lambda _: 1e-6, answered_by_value=1000).limits((-1, 20))
    assert fixed.max_batch == 26


def test_a_number_of_positions_is_found_exactly() -> None:
    assert KnownCost(lambda _: 1e-6, longest=300).limits((-1, -1)).max_length == 300


def test_a_cheap_model_has_the_largest_limits() -> None:
    limits = KnownCost(lambda _: 1e-6).limits((-1, -1))
    assert limits == DerivedLimits(1024, MAX_LENGTH, MAX_VALUES)


def test_fixed_shapes_are_limited_by_their_rows_alone() -> None:
    assert KnownCost(lambda _: 1e-6).limits((-1, 20)) == DerivedLimits(1024, None, MAX_VALUES)
    slow = KnownCost(lambda shape: 0.5 * shape[0]).limits((-1, 20))
    assert slow == DerivedLimits(20, None, MAX_VALUES)


def test_text_has_no_length() -> None:
    limits = KnownCost(lambda _: 1e-6).limits((-1,), dtype="string")
    assert limits == DerivedLimits(1024, None, MAX_VALUES)


def test_a_row_that_takes_more_than_the_time_is_still_allowed() -> None:
    engine = KnownCost(lambda shape: 30.0 * shape[0])
    assert engine.limits((-1, -1)) == DerivedLimits(1, 5, 5)
    assert engine.runs < 10


@pytest.mark.parametrize("shape", [(), (7,)])
def test_a_model_without_rows(shape: Shape) -> None:
    limits = KnownCost(lambda _: 1e-6).limits(shape, rows=False)
    assert limits == DerivedLimits(1024, None, MAX_VALUES)


def test_few_runs_are_measured() -> None:
    engine = KnownCost(lambda shape: 1e-5 * size(shape))
    engine.limits((-1, -1))
    assert engine.runs < 120
    assert engine.now < 10


def metadata(limits: dict[str, int], derived: dict[str, int] | None) -> Metadata:
    record = SourceRecord(file="x", kind="Keras 3", sha256="", bytes=1)
    provenance = Provenance(
        source=record,
        served=ServedRecord(sha256="", bytes=1),
        made_with={},
        parity_error=0.0,
        derived_limits=derived or {},
    )
    described = Metadata(
        name="x",
        version=1,
        engine="litert",
        file="model.tflite",
        signatures={"s": Signature(inputs={}, outputs={})},
        default_signature="s",
        provenance=None if derived is None else provenance,
    )
    return described.model_copy(update=limits)


def test_only_edited_limits_are_kept() -> None:
    derived = DerivedLimits(50, 60, 70)
    assert limits_of(None, derived) == derived.by_name()
    before = {"max_batch": 1, "max_length": 2, "max_values": 3}
    assert limits_of(metadata(before, before), derived) == derived.by_name()
    edited = before | {"max_length": 9}
    assert limits_of(metadata(edited, before), derived) == derived.by_name() | {"max_length": 9}
    # A version from before there were derived limits: what differs from the defaults was edited.
    assert limits_of(metadata({"max_batch": 8}, None), derived) == {
        "max_batch": 8, "max_length": 60, "max_values": 70,
    }  # fmt: skip


def saved(folder: Path, inputs: keras.KerasTensor, outputs: keras.KerasTensor) -> Path:
    model = keras.Model(inputs, keras.layers.Dense(2, name="y")(outputs))
    model.save(folder / "free.keras")
    return folder / "free.keras"


def attention(folder: Path) -> Path:
    layers = keras.layers
    steps = keras.Input((None, 16), name="x")
    attended = layers.MultiHeadAttention(4, 4)(steps, steps)
    return saved(folder, steps, layers.GlobalAveragePooling1D()(attended))


def convolution(folder: Path) -> Path:
    layers = keras.layers
    steps = keras.Input((None, 4), name="x")
    convolved = layers.Conv1D(8, 3, padding="same")(steps)
    return saved(folder, steps, layers.GlobalAveragePooling1D()(convolved))


def images(folder: Path) -> Path:
    layers = keras.layers
    pixels = keras.Input((None, None, 3), name="x")
    convolved = layers.Conv2D(16, 3)(pixels)
    return saved(folder, pixels, layers.GlobalAveragePooling2D()(convolved))


@keras.saving.register_keras_serializable("mine")
class Places(keras.layers.Layer):  # type: ignore[misc]
    """A number for each place."""

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        return tf.cumsum(tf.ones_like(tokens), axis=1) - 1


@pytest.mark.parametrize(
    ("write", "shortest", "longest"),
    [
        (attention, 256, MAX_LENGTH // 4),  # four scores for each pair of places
        (convolution, 4096, MAX_LENGTH),
        (images, 64, 4096),  # 3 values and 64 bytes for each pixel
    ],
)
def test_a_free_length_of_a_real_model(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    write: Callable[[Path], Path],
    shortest: int,
    longest: int,
) -> None:
    add(tmp_path / "models", str(write(tmp_path)), "free")
    described = read_metadata(tmp_path / "models/free")
    assert shortest <= described.max_length <= longest
    axes = sum(n < 0 for n in described.signature.inputs["x"].shape[1:])
    assert described.max_values >= described.max_length**axes
    assert (
        f"one request may hold {described.max_batch:,} rows, {described.max_values:,} values, "
        f"lengths up to {described.max_length:,} "
        "(edit max_batch, max_values, max_length in metadata.json)"
    ) in capsys.readouterr().out


def test_positions_of_a_real_model(tmp_path: Path) -> None:
    layers = keras.layers
    tokens = keras.Input((None,), dtype="int32", name="x")
    places = layers.Embedding(300, 8)(Places()(tokens))
    embedded = layers.Add()([layers.Embedding(20, 8)(tokens), places])
    path = saved(tmp_path, tokens, layers.GlobalAveragePooling1D()(embedded))
    custom = f"--custom-objects={__name__}:Places"
    add(tmp_path / "models", str(path), "positions", custom)
    assert read_metadata(tmp_path / "models/positions").max_length == 300


def test_text_and_an_edit_that_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = originals.text_vectorization(tmp_path)
    add(tmp_path / "models", str(path), "text")
    file = tmp_path / "models/text/metadata.json"
    described = read_metadata(file.parent)
    assert (described.max_batch, described.max_values) == (1024, MAX_VALUES)
    assert "may hold 1,024 rows (edit max_batch in metadata.json)" in capsys.readouterr().out
    file.write_text(described.model_copy(update={"max_batch": 3}).model_dump_json())
    add(tmp_path / "models", str(path), "text")
    again = read_metadata(file.parent)
    assert (again.version, again.max_batch) == (2, 3)
    assert again.provenance is not None
    assert again.provenance.derived_limits["max_batch"] > 3
