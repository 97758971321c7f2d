"""Damaged and hostile files: an error of one line, nothing written, nothing run."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tests import originals
from tests.adding import add

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")


def truncated_archive(folder: Path) -> Path:
    path, _ = originals.keras_archive(folder)
    path.write_bytes(path.read_bytes()[:-400])
    return path


def truncated_hdf5(folder: Path) -> Path:
    path, _ = originals.r_network(folder)
    path.write_bytes(path.read_bytes()[:30_000])
    return path


def truncated_saved_model(folder: Path) -> Path:
    path, _ = originals.text_saved_model(folder)
    graph = path / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:200])
    return path


def saved_model_without_variables(folder: Path) -> Path:
    path, _ = originals.legacy_saved_model(folder)
    shutil.rmtree(path / "variables")
    return path


def truncated_litert(folder: Path) -> Path:
    path, _ = originals.litert_of_one_row(folder)
    path.write_bytes(path.read_bytes()[:300])
    return path


def text_file(folder: Path) -> Path:
    path = folder / "model.keras"
    path.write_text("not a model")
    return path


def empty_folder(folder: Path) -> Path:
    (folder / "saved").mkdir()
    return folder / "saved"


def missing(folder: Path) -> Path:
    return folder / "nothing.h5"


def weights_only(folder: Path) -> Path:
    model = tf_keras.Sequential([tf_keras.layers.Input((2,)), tf_keras.layers.Dense(1)])
    model.save_weights(folder / "weights.h5")
    return folder / "weights.h5"


def other_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "photos.keras", "w") as archive:
        archive.writestr("photo.txt", "hello")
    return folder / "photos.keras"


def zip_bomb(folder: Path) -> Path:
    path, _ = originals.keras_archive(folder)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/zeros", bytes(300_000_000))
    return path


def hdf5_bomb(folder: Path) -> Path:
    path, _ = originals.r_network(folder)
    with h5py.File(path, "a") as file:
        file["model_weights"].create_dataset("zeros", (10**6, 10**6), "f4", chunks=(100, 100))
    return path


def external_link(folder: Path) -> Path:
    path, _ = originals.r_network(folder)
    with h5py.File(path, "a") as file:
        file["model_weights"]["stolen"] = h5py.ExternalLink("/etc/passwd", "/")
    return path


def path_traversal(folder: Path) -> Path:
    path, _ = originals.keras_archive(folder)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../escaped.txt", "out")
    return path


def symbolic_link(folder: Path) -> Path:
    path, _ = originals.text_saved_model(folder)
    (path / "assets" / "stolen").symlink_to("/etc/passwd")
    return path


def _touch(marker: Path) -> Callable[..., object]:
    # A Lambda's default arguments are stored with its code.
    return lambda x, place=str(marker): tf.io.write_file(place, "run") or x


def legacy_lambda(folder: Path) -> Path:
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [layers.Input((2,)), layers.Lambda(lambda x: x * 2, name="double"), layers.Dense(1)]
    )
    model.save(folder / "lambda.h5")
    return folder / "lambda.h5"


def lambda_that_writes(folder: Path) -> Path:
    layers = keras.layers
    marker = folder / "it_ran"
    double = layers.Lambda(_touch(marker), output_shape=(2,), name="writes")
    model = keras.Sequential([layers.Input((2,)), double, layers.Dense(1)])
    model.save(folder / "lambda.keras")
    marker.unlink(missing_ok=True)
    return folder / "lambda.keras"


def calls_tf_io(folder: Path) -> Path:
    """A functional HDF5 whose layer calls any TensorFlow function by its name."""
    model = tf_keras.Sequential([tf_keras.layers.Input((2,)), tf_keras.layers.Dense(1)])
    model.save(folder / "io.h5")
    with h5py.File(folder / "io.h5", "a") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"].append(
            {
                "class_name": "TFOpLambda",
                "config": {"name": "tf.io.write_file", "function": "io.write_file"},
            }
        )
        file.attrs["model_config"] = json.dumps(config)
    return folder / "io.h5"


def imports_a_module(folder: Path) -> Path:
    """A configuration that names a function of Python's own library as a layer."""
    path, _ = originals.keras_archive(folder)
    changed = folder / "imports.keras"
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1] |= {"module": "os", "class_name": "system"}
                content = json.dumps(config).encode()
            after.writestr(name, content)
    return changed


def python_function(folder: Path) -> Path:
    module = tf.Module()
    module.call = tf.function(
        lambda x: {"y": tf.numpy_function(np.sin, [x], tf.float32)},
        input_signature=[tf.TensorSpec([None], name="x")],
    )
    tf.saved_model.save(module, folder / "python", signatures=module.call)
    return folder / "python"


def reads_files(folder: Path) -> Path:
    module = tf.Module()
    module.call = tf.function(
        lambda path: {"content": tf.io.read_file(path[0])},
        input_signature=[tf.TensorSpec([None], tf.string, name="path")],
    )
    tf.saved_model.save(module, folder / "reads", signatures=module.call)
    return folder / "reads"


def stateful(folder: Path) -> Path:
    layers = tf_keras.layers
    model = tf_keras.Sequential([layers.LSTM(2, stateful=True, batch_input_shape=(1, 4, 2))])
    model.save(folder / "stateful.h5")
    return folder / "stateful.h5"


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (truncated_archive, "truncated"),
        (truncated_hdf5, "truncated"),
        (truncated_saved_model, "damaged"),
        (saved_model_without_variables, "damaged or incomplete"),
        (truncated_litert, "damaged"),
        (text_file, "is not a model: expected"),
        (empty_folder, "holds no saved_model.pb"),
        (missing, "cannot be read: No such file"),
        (weights_only, "save the whole model"),
        (other_zip, "not a .keras model"),
        (zip_bomb, "would unpack to 0.3 GB: refused"),
        (hdf5_bomb, "would unpack to 4000.0 GB: refused"),
        (external_link, "points into another file: refused"),
        (path_traversal, "a path out of its folder: refused"),
        (symbolic_link, "a symbolic link, stolen: refused"),
        (legacy_lambda, "contains code: the layer 'double' of class Lambda. If you trust"),
        (lambda_that_writes, "the layer 'writes' of class Lambda; "),
        (calls_tf_io, "calls tf.io.write_file"),
        (imports_a_module, "the custom object os:system"),
        (python_function, "the operation PyFunc"),
        (reads_files, "the operation ReadFile"),
        (stateful, "is stateful"),
    ],
)
def test_it_is_refused_in_one_line(
    tmp_path: Path, write: Callable[[Path], Path], message: str
) -> None:
    path = write(tmp_path)
    before = {file for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(SystemExit) as refused:
        add(tmp_path / "models", str(path), "hostile")
    text = str(refused.value)
    assert text.startswith("hostile was not added: ")
    assert message in text
    assert "\n" not in text
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == before
    assert not list((tmp_path / "models").glob("*"))


def test_a_failure_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    path, _ = originals.keras_archive(tmp_path)
    add(tmp_path / "models", str(path), "flowers")
    before = {
        file: file.read_bytes() for file in (tmp_path / "models").rglob("*") if file.is_file()
    }
    with pytest.raises(SystemExit):
        add(tmp_path / "models", str(truncated_archive(tmp_path)), "flowers")
    after = {file: file.read_bytes() for file in (tmp_path / "models").rglob("*") if file.is_file()}
    assert after == before


def test_code_runs_only_where_it_is_allowed(tmp_path: Path) -> None:
    models = tmp_path / "models"
    add(models, str(legacy_lambda(tmp_path)), "lambda", "--allow-code")
    assert (models / "lambda/metadata.json").exists()
    path, _ = originals.custom_layer(tmp_path)
    with pytest.raises(SystemExit, match="--custom-objects MODULE:NAME"):
        add(models, str(path), "custom")
    add(models, str(path), "custom", "--custom-objects=tests.originals:Scaled")
    assert (models / "custom/metadata.json").exists()


@pytest.mark.parametrize("name", ["a/b", "../x", ".hidden", "1st", "", "a b"])
def test_a_name_that_is_no_address_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SystemExit, match="of which the first is a letter"):
        add(tmp_path / "models", "anything", name)


def test_a_model_with_code_of_its_own_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "models/mine").mkdir(parents=True)
    (tmp_path / "models/mine/network.py").write_text("")
    with pytest.raises(SystemExit, match="choose another name"):
        add(tmp_path / "models", "anything", "mine")
