"""Train the image classifier that the tests serve, and add it to ``tests/models_with_inputs``.

Its data is the optical recognition of handwritten digits (E. Alpaydin and C. Kaynak, UCI machine
learning repository, CC BY 4.0), as the PyPI package ``scikit-learn`` ships it: 1,797 pictures of
8 x 8 pixels. No test needs that package. Run it again only to change the model::

    uv pip install --target /tmp/sklearn scikit-learn
    PYTHONPATH=.:layers:/tmp/sklearn .venv/bin/python -m tests.digits
"""

import tempfile
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits  # type: ignore[import-not-found]

from tests.adding import add

MODELS = Path(__file__).parent / "models_with_inputs"
PICTURES = Path(__file__).parent / "data/digits"
LABELS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SIZE = 64  # pixels of the pictures that are sent, eight times those of the model


def main() -> None:
    """Fit on four of five digits, print the accuracy on the others, add the model."""
    digits = load_digits()
    pixels = (digits.images * (255 / 16)).round().astype(np.float32)[..., np.newaxis]
    kept = np.arange(len(pixels)) % 5 != 0
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax", name="digit"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.003), loss, metrics=["accuracy"])
    model.fit(pixels[kept], digits.target[kept], epochs=20, verbose=0)
    _, accuracy = model.evaluate(pixels[~kept], digits.target[~kept], verbose=0)
    print("accuracy", accuracy)  # noqa: T201
    _write_pictures(pixels[~kept], digits.target[~kept])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model.save(folder / "digits.keras")
        (folder / "labels.txt").write_text("\n".join(LABELS))
        add(MODELS, str(folder / "digits.keras"), "digits", f"--labels={folder / 'labels.txt'}")


def _write_pictures(pixels: NDArray[np.float32], targets: NDArray[np.int_]) -> None:
    """One picture of each digit that the model has not seen."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for digit, label in enumerate(LABELS):
        picture = pixels[targets == digit][0, ..., 0].astype(np.uint8)
        large = Image.fromarray(picture).resize((_SIZE, _SIZE), Image.Resampling.NEAREST)
        large.save(PICTURES / f"{label}.png", optimize=True)


if __name__ == "__main__":
    main()
