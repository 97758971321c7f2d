"""Files in the forms that old versions of Keras wrote: written by ``tf_keras``, then changed."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import tf_keras

from tests.originals.written import Written, single

Change = Callable[[Any], None]  # of a parsed configuration, in place
layers = tf_keras.layers


def with_config(path: Path, change: Change, version: object = None) -> Path:
    """The archive or HDF5 file with another configuration, and of another version."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        config = json.loads(members["config.json"])
        change(config)
        members["config.json"] = json.dumps(config).encode()
        if version is not None:
            members["metadata.json"] = json.dumps({"keras_version": version}).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)
        if version is not None:
            file.attrs["keras_version"] = version
            file["model_weights"].attrs["keras_version"] = version
    return path


def rename_modules(before: str, after: str) -> Change:
    """Each module that starts with ``before`` starts with ``after``."""

    def change(value: Any) -> None:
        if isinstance(value, dict):
            if str(value.get("module", "")).startswith(before):
                value["module"] = after + value["module"].removeprefix(before)
            for inner in value.values():
                change(inner)
        elif isinstance(value, list):
            for inner in value:
                change(inner)

    return change


def branched() -> Any:
    """Layers that meet, a model in the model, a function of TensorFlow as a layer."""
    flower = layers.Input((4, 1), name="flower")
    inner = tf_keras.Sequential([layers.Input((4,)), layers.Dense(4, activation="relu")])
    x = layers.Reshape((4,))(flower) * 2.0
    x = layers.Concatenate()([inner(x), layers.BatchNormalization(name="norm")(x)])
    model = tf_keras.Model(flower, layers.Dense(3, activation="softmax", name="species")(x))
    model.get_layer("norm").moving_mean.assign([0.5, -0.5, 1.0, 2.0])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def archive_of_keras_2(folder: Path, start: str, version: object) -> Written:
    """``start`` is where this version has its own modules."""
    model = branched()
    model.save(folder / "flowers.keras")
    path = with_config(folder / "flowers.keras", rename_modules("tf_keras.src", start), version)
    return path, single(model, "flower", "species")


def keras_2_archive(folder: Path) -> Written:
    """As TensorFlow 2.13 to 2.15 wrote it, and R's keras package with them."""
    return archive_of_keras_2(folder, "keras.src", "2.15.0")


def hdf5_in_the_place_of_an_archive(folder: Path) -> Written:
    model = branched()
    model.save(folder / "flowers.h5")
    (folder / "flowers.h5").rename(folder / "flowers.keras")
    return folder / "flowers.keras", single(model, "flower", "species")
