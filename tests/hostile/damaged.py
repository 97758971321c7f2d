"""Files that are damaged, incomplete, or no model."""

import shutil
import zipfile
from pathlib import Path

import tf_keras

from tests import originals


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


def stateful(folder: Path) -> Path:
    layers = tf_keras.layers
    model = tf_keras.Sequential([layers.LSTM(2, stateful=True, batch_input_shape=(1, 4, 2))])
    model.save(folder / "stateful.h5")
    return folder / "stateful.h5"


CASES = {
    "truncated archive": (truncated_archive, "truncated"),
    "truncated HDF5": (truncated_hdf5, "truncated"),
    "truncated SavedModel": (truncated_saved_model, "damaged"),
    "SavedModel without variables": (saved_model_without_variables, "damaged or incomplete"),
    "truncated LiteRT": (truncated_litert, "damaged"),
    "text file": (text_file, "is not a model: expected"),
    "empty folder": (empty_folder, "holds no saved_model.pb"),
    "missing": (missing, "cannot be read: No such file"),
    "weights only": (weights_only, "save the whole model"),
    "other zip": (other_zip, "not a .keras model"),
    "stateful": (stateful, "is stateful"),
}
