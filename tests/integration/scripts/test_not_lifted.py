"""Preprocessing that stays with TensorFlow, and the reason that is given."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
import tf_keras

from inference.models import Metadata, read_metadata
from inference.preprocessing.text_vectorization import TextVectorization
from scripts.adding.choose import choose_engine
from scripts.adding.original import open_original
from scripts.adding.sampling.samples import sample
from scripts.adding.sources import SourceError, identify
from tests import originals
from tests.adding import add
from tests.originals import preprocessing_files

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
WORDS = preprocessing_files.WORDS


def added(tmp_path: Path, path: Path, *options: str) -> Metadata:
    add(tmp_path / "models", str(path), "texts", *options)
    return read_metadata(tmp_path / "models/texts")


def save(model: Any, path: Path) -> Path:
    model.save(path)
    return path


def test_ragged_words_stay_with_tensorflow(tmp_path: Path) -> None:
    layers = tf_keras.layers
    text = tf_keras.Input((), dtype="string", name="text")
    words = layers.TextVectorization(vocabulary=WORDS, ragged=True, name="words")(text)
    pooled = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(words))
    model = tf_keras.Model(text, layers.Dense(2, name="scores")(pooled))
    metadata = added(tmp_path, save(model, tmp_path / "ragged.h5"))
    assert metadata.engine == "tensorflow"
    assert metadata.preprocessing is None
    assert "'words' (TextVectorization) takes text: ragged=True" in metadata.engine_reason


def test_a_saved_model_of_texts_asks_for_the_keras_model(tmp_path: Path) -> None:
    path, _ = originals.text_saved_model(tmp_path)
    metadata = added(tmp_path, path)
    assert metadata.engine == "tensorflow"
    assert "add the Keras model that it was exported from" in metadata.engine_reason


def test_text_that_another_layer_takes_stays_with_tensorflow(tmp_path: Path) -> None:
    layers = tf_keras.layers
    text = tf_keras.Input((), dtype="string", name="text")
    words = layers.TextVectorization(vocabulary=WORDS, output_mode="multi_hot")(text)
    length = tf.cast(tf.strings.length(text), tf.float32)[:, tf.newaxis]
    joined = layers.Concatenate()([words, length])
    model = tf_keras.Model(text, layers.Dense(2, name="scores")(joined))
    metadata = added(tmp_path, save(model, tmp_path / "length.h5"))
    assert metadata.engine == "tensorflow"
    assert "(TFOpLambda) takes text: it is no layer of Keras' preprocessing" in (
        metadata.engine_reason
    )


def shortened(texts: tf.Tensor) -> tf.Tensor:
    """A user's own standardization."""
    return tf.strings.substr(texts, 0, 5)


keras.saving.register_keras_serializable("mine")(shortened)


def with_own_standardization(folder: Path) -> Path:
    layers = keras.layers
    text = keras.Input((1,), dtype="string", name="text")
    words = layers.TextVectorization(
        vocabulary=WORDS, standardize=shortened, output_sequence_length=3, name="words"
    )
    flat = layers.Flatten()(layers.Embedding(20, 4)(words(text)))
    return save(keras.Model(text, layers.Dense(2, name="s")(flat)), folder / "own.keras")


def test_a_users_own_standardization_is_refused_without_its_code(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="shortened"):
        added(tmp_path, with_own_standardization(tmp_path))


def test_a_users_own_standardization_stays_with_tensorflow(tmp_path: Path) -> None:
    option = f"--custom-objects={__name__}:shortened"
    metadata = added(tmp_path, with_own_standardization(tmp_path), option)
    assert metadata.engine == "tensorflow"
    assert "'words' (TextVectorization) takes text: standardize=" in metadata.engine_reason


def in_this_process(path: Path, work: Path, preference: str = "auto") -> Any:
    work.mkdir()
    original = open_original(identify(path), work, {}, allow_code=False)
    return choose_engine(original, sample(original, None, {}), preference, work)


def off_by_one(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Wrong for unknown words only, which random words alone would not show."""
    return lambda self, *arrays: compute(self, *arrays) + (compute(self, *arrays) == 1)


def test_what_does_not_agree_stays_with_tensorflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = preprocessing_files.text_classifier(keras, tmp_path)
    compute = TextVectorization.compute
    monkeypatch.setattr(TextVectorization, "compute", off_by_one(compute))
    choice = in_this_process(path, tmp_path / "auto")
    assert choice.engine == "tensorflow"
    assert choice.reason.startswith("signature serving_default: topic differs by")
    assert choice.preprocessing is None
    with pytest.raises(SourceError, match=r"LiteRT cannot serve this model: .* topic differs by"):
        in_this_process(path, tmp_path / "litert", "litert")


def test_a_model_that_litert_compiles_whole_is_not_changed(tmp_path: Path) -> None:
    """Its one-hot encoding is a preprocessing layer, but LiteRT has all that it needs."""
    layers = keras.layers
    codes = keras.Input((1,), dtype="int32", name="codes")
    hot = layers.CategoryEncoding(5, output_mode="one_hot")(codes)
    model = keras.Model(codes, layers.Dense(2, name="scores")(hot))
    metadata = added(tmp_path, save(model, tmp_path / "hot.keras"))
    assert (metadata.engine, metadata.preprocessing) == ("litert", None)
