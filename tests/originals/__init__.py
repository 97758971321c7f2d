"""Real model files of every kind, written by the libraries that write them.

Each function writes one under ``folder``. It returns the path, and most also return the original
as a function of named arrays.
"""

from collections.abc import Callable
from pathlib import Path

from tests.originals.keras_1_files import keras_1_hdf5, keras_1_images
from tests.originals.keras_files import (
    Scaled,
    attention,
    custom_layer,
    dict_inputs,
    hdf5_without_extension,
    keras_3_hdf5,
    keras_archive,
    mobilenet,
    r_network,
    text_vectorization,
    time_distributed,
)
from tests.originals.litert_files import litert_of_one_row
from tests.originals.old_keras_files import (
    archive_of_keras_2,
    hdf5_in_the_place_of_an_archive,
    keras_2_archive,
)
from tests.originals.saved_models import (
    common_dtypes,
    every_dtype,
    half_plus_two,
    legacy_saved_model,
    random_saved_model,
    sensors,
    text_saved_model,
    without_inputs,
    without_rows,
)
from tests.originals.serving import (
    example_classifier,
    partly_served,
    picture_decoder,
    serving_half_plus_three,
    serving_half_plus_two,
)
from tests.originals.written import Arrays, Original, Written

__all__ = [
    "EVERY",
    "Arrays",
    "Original",
    "Scaled",
    "Written",
    "archive_of_keras_2",
    "attention",
    "common_dtypes",
    "custom_layer",
    "dict_inputs",
    "every_dtype",
    "example_classifier",
    "half_plus_two",
    "hdf5_in_the_place_of_an_archive",
    "hdf5_without_extension",
    "keras_1_hdf5",
    "keras_1_images",
    "keras_2_archive",
    "keras_3_hdf5",
    "keras_archive",
    "legacy_saved_model",
    "litert_of_one_row",
    "mobilenet",
    "partly_served",
    "picture_decoder",
    "r_network",
    "random_saved_model",
    "sensors",
    "serving_half_plus_three",
    "serving_half_plus_two",
    "text_saved_model",
    "text_vectorization",
    "time_distributed",
    "without_inputs",
    "without_rows",
]

# Each function, and the engine that serves what it writes.
EVERY: dict[str, tuple[Callable[[Path], Written], str]] = {
    "r_network": (r_network, "litert"),
    "no_extension": (hdf5_without_extension, "litert"),
    "archive": (keras_archive, "litert"),
    "keras_1_hdf5": (keras_1_hdf5, "litert"),
    "keras_2_archive": (keras_2_archive, "litert"),
    "keras_3_hdf5": (keras_3_hdf5, "litert"),
    "dict_inputs": (dict_inputs, "litert"),
    "attention": (attention, "litert"),
    "mobilenet": (mobilenet, "litert"),
    "legacy_saved_model": (legacy_saved_model, "litert"),
    "one_row": (litert_of_one_row, "litert"),
    "common_dtypes": (common_dtypes, "litert"),
    "every_dtype": (every_dtype, "tensorflow"),
    "text": (text_vectorization, "litert"),
    "shout": (text_saved_model, "tensorflow"),
    "time_distributed": (time_distributed, "litert"),
}
