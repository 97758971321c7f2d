"""SavedModels of serialized examples and of encoded pictures, as their authors save them."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from inference.models import ModelFolder
from inference.tf_examples import decode, encode
from tests import originals
from tests.adding import add


def test_examples_are_read_and_written_as_tensorflow_does() -> None:
    example = tf.train.Example()
    example.features.feature["x"].float_list.value.extend([4.0, -1e30])
    example.features.feature["ä"].bytes_list.value.extend([b"", b"a" * 300])
    example.features.feature["n"].int64_list.value.extend([-1, 2**62, 0])
    read = decode(example.SerializeToString())
    assert read["n"] == ("int64", [-1, 2**62, 0])
    assert tf.train.Example.FromString(encode(read)) == example


def test_a_classifier_of_tensorflow_2_on_examples_reaches_litert(tmp_path: Path) -> None:
    add(tmp_path / "models", str(originals.example_classifier(tmp_path)), "flowers")
    models = ModelFolder(tmp_path / "models")
    assert models.describe("flowers").engine == "litert"
    record = encode({"size": ("float32", [1.0, 2.0]), "count": ("int64", [3])})
    answer = models.get("flowers").predict({"inputs": np.array([record], object)})
    np.testing.assert_allclose(answer["scores"], [[1.0, 2.0, 3.0]])


def test_a_model_that_decodes_pictures_is_sampled_with_pictures(tmp_path: Path) -> None:
    add(tmp_path / "models", str(originals.picture_decoder(tmp_path)), "pictures")
    models = ModelFolder(tmp_path / "models")
    assert models.describe("pictures").engine == "tensorflow"
    picture = tf.io.encode_jpeg(tf.fill([5, 7, 3], tf.constant(200, tf.uint8))).numpy()
    answer = models.get("pictures").predict({"image_bytes": np.array([picture], object)})
    np.testing.assert_allclose(answer["mean"], [[200.0] * 3], atol=1)


def test_a_signature_that_cannot_be_served_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(tmp_path / "models", str(originals.partly_served(tmp_path)), "partly")
    assert list(ModelFolder(tmp_path / "models").describe("partly").signatures) == [
        "serving_default"
    ]
    expected = "signature any is left out: 'x' of its inputs has an unknown number of dimensions"
    assert expected in capsys.readouterr().out
