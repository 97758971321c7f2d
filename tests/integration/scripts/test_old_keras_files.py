"""Files of Keras 1 and 2, in every form that they wrote: loaded with the original's meaning."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from inference.models import read_metadata
from scripts.adding import safety
from scripts.adding.keras_models import load_keras
from scripts.adding.old_forms import in_present_form
from scripts.adding.sources import Source, SourceError, identify
from tests import originals
from tests.adding import add
from tests.originals import Original, Written
from tests.originals.old_keras_files import branched, with_config

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")
layers = tf_keras.layers


def opened(path: Path) -> Source:
    """As the pipeline opens it, every check included."""
    source = in_present_form(identify(path))
    safety.refuse_hostile(source)
    safety.refuse_code(source, allowed=set())
    return source


def load(path: Path) -> Any:
    return load_keras(opened(path), {}, allow_code=False)


def require_same_answers(model: Any, original: Original) -> None:
    (name,) = model.input_names
    inputs = np.random.default_rng(0).normal(size=[3, *model.input_shape[1:]]).astype("float32")
    (expected,) = original({name: inputs}).values()
    np.testing.assert_allclose(model(inputs).numpy(), expected, atol=1e-6)


def of(start: str, version: object) -> Callable[[Path], Written]:
    return lambda folder: originals.archive_of_keras_2(folder, start, version)


WRITTEN: dict[str, Callable[[Path], Written]] = {
    "2.12": of("keras", "2.12.0"),
    "2.13": of("keras.src", "2.13.1"),
    "2.15": of("keras.src", "2.15.0"),
    "tf_keras 2.17": of("tf_keras.src", "2.17.0"),
    "a version that is no number": of("keras.src", "nightly"),
    "HDF5 named .keras": originals.hdf5_in_the_place_of_an_archive,
    "Keras 1": originals.keras_1_hdf5,
    "Keras 1, images": originals.keras_1_images,
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_it_answers_as_the_original(tmp_path: Path, write: Callable[[Path], Written]) -> None:
    path, original = write(tmp_path)
    source = opened(path)
    assert source.kind == "legacy Keras"
    require_same_answers(load(path), original)


def without_version(path: Path) -> Path:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, b"{}" if name == "metadata.json" else content)
        return path
    with h5py.File(path, "r+") as file:
        for group in (file, file["model_weights"]):
            group.attrs.pop("keras_version", None)
    return path


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (originals.keras_2_archive, "legacy Keras"),
        (originals.keras_archive, "Keras 3"),
        (originals.hdf5_in_the_place_of_an_archive, "legacy Keras"),
        (originals.keras_1_hdf5, "legacy Keras"),
        (originals.keras_3_hdf5, "Keras 3"),
    ],
)
def test_without_a_version_the_words_tell(
    tmp_path: Path, write: Callable[[Path], Written], kind: str
) -> None:
    path, original = write(tmp_path)
    source = opened(without_version(path))
    assert source.kind == kind
    assert "does not say which Keras wrote it; its layers are described as" in source.notes[0]
    if kind == "legacy Keras":
        require_same_answers(load(path), original)


def test_what_was_assumed_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = originals.keras_2_archive(tmp_path)
    add(tmp_path / "models", str(without_version(path)), "flowers")
    assert "the file does not say which Keras wrote it" in capsys.readouterr().out
    assert read_metadata(tmp_path / "models/flowers").engine == "litert"


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_functions_of_tensorflow_are_layers(tmp_path: Path, ending: str) -> None:
    inputs = layers.Input((4, 1), name="x")
    x = tf.compat.v1.squeeze(inputs, axis=2)
    x = tf.nn.relu(tf.compat.v1.squeeze(tf.expand_dims(x, -1), [-1]))[:, 1:]
    model = tf_keras.Model(inputs, layers.Dense(2, name="y")(tf.concat([x, x], axis=1)))
    path = tmp_path / f"model.{ending}"
    model.save(path)
    require_same_answers(load(path), originals.written.single(model, "x", "y"))


def with_einsum() -> Any:
    x = layers.Input((4,), name="x")
    w = layers.Dense(4, name="w")(x)
    return tf_keras.Model(x, layers.Dense(2, name="y")(tf.einsum("bi,bi->bi", x, w)))


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_function_that_lost_its_inputs_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"model.{ending}"
    with_einsum().save(path)
    with pytest.raises(SourceError) as refused:
        load(path)
    said = str(refused.value)
    assert "the layer 'tf.einsum" in said
    assert "has lost the tensors that it computes with" in said
    assert "tf.saved_model.save(model, 'folder') or, in R, save_model_tf(model, 'folder')" in said


def test_the_step_that_is_named_for_it_works(tmp_path: Path) -> None:
    tf.saved_model.save(with_einsum(), tmp_path / "folder")
    add(tmp_path / "models", str(tmp_path / "folder"), "einsum")
    assert read_metadata(tmp_path / "models/einsum").engine == "litert"


def test_what_trained_keras_1_is_said_to_be_assumed(tmp_path: Path) -> None:
    path, _ = originals.keras_1_images(tmp_path)
    assert "Theano turned the kernels of convolutions around" in opened(path).notes[-1]


def of_keras_1(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[Path], Path]:
    """Images of Keras 1 with other layers."""

    def write(folder: Path) -> Path:
        path, _ = originals.keras_1_images(folder)
        return with_config(path, lambda config: change(config["config"]["layers"]))

    return write


def setting(place: int, **changed: Any) -> Callable[[Path], Path]:
    return of_keras_1(lambda found: found[place]["config"].update(changed))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (setting(1, dim_ordering="th"), "'left' is a Convolution2D in Theano's order"),
        (setting(1, border_mode="full"), "'left' is a Convolution2D with border_mode='full'"),
        (setting(1, unheard_of=3), "'left' is a Convolution2D with unheard_of=3"),
        (setting(3, mode="cos"), "'sum' is a Merge with mode='cos'"),
        (setting(3, layers=[]), "'sum' is a Merge of several models"),
        (
            of_keras_1(lambda found: found[7].update(class_name="MaxoutDense")),
            "'class' is a MaxoutDense",
        ),
        (
            of_keras_1(lambda found: found[7].update(class_name="BatchNormalization")),
            "'class' is a BatchNormalization with",
        ),
    ],
)
def test_what_keras_2_surely_computes_otherwise_is_refused(
    tmp_path: Path, write: Callable[[Path], Path], message: str
) -> None:
    with pytest.raises(SourceError) as refused:
        load(write(tmp_path))
    said = str(refused.value)
    assert message in said
    assert "which has no sure equivalent in Keras 2: load it with Keras 2.2.4" in said
    assert "save_model_hdf5(model, 'model.h5')" in said


def test_code_in_a_merge_of_keras_1_is_still_code(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no sure equivalent"):
        load(setting(3, mode="lambda", mode_type="lambda")(tmp_path))


def my_loss(y_true: Any, y_pred: Any) -> Any:
    return tf.reduce_mean(tf.square(y_true - y_pred))


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_losses_and_optimizers_are_never_loaded(tmp_path: Path, ending: str) -> None:
    inner = tf_keras.Sequential([layers.Input((4,)), layers.Dense(4)])
    inner.compile("adam", my_loss)
    inputs = layers.Input((4,), name="x")
    model = tf_keras.Model(inputs, layers.Dense(2, name="y")(inner(inputs)))
    model.compile("adam", my_loss)
    model.save(tmp_path / f"model.{ending}")
    loaded = load(tmp_path / f"model.{ending}")
    require_same_answers(loaded, originals.written.single(model, "x", "y"))


def test_weights_under_other_names_are_said_to_be_so(tmp_path: Path) -> None:
    """As Keras wrote them on Windows."""
    branched().save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        archive.extractall(tmp_path / "members")
    weights = tmp_path / "members/model.weights.h5"
    with h5py.File(weights, "r+") as file:
        for name in list(file["layers"]):
            file.move(f"layers/{name}", f"layers\\{name}")
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for member in (tmp_path / "members").iterdir():
            archive.write(member, member.name)
    with pytest.raises(SourceError) as refused:
        load(tmp_path / "model.keras")
    said = str(refused.value)
    assert "stand under another name than Keras looks for" in said
    assert "Keras on Windows" in said
    assert "Expected" not in said


def test_the_configuration_that_was_checked_is_the_one_that_loads(tmp_path: Path) -> None:
    """2.12 had its modules elsewhere. They are renamed before the check, not after it."""
    path, _ = originals.archive_of_keras_2(tmp_path, "keras", "2.12.0")
    source = opened(path)
    assert source.is_converted
    assert '"keras.engine' not in json.dumps(source.architecture)
    assert '"keras.src.engine' in json.dumps(source.architecture)
