"""Train the pet-name network on Seattle's licences. Export it, evaluate it and write its card.

Example: python -m model.pet_names.train
         python -m model.pet_names.train --epochs 2   # a short trial; its names are worse
"""

import argparse
import json
import string
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from model.pet_names import FOLDER, evaluate, export
from model.pet_names.data import LAST_TRAINING_DAY, load_licences, split_by_date
from model.pet_names.minibatches import as_dataset, encode_all
from model.pet_names.network import Recipe, build_network, compile_for_training

_SELECTION_SHARE = 0.05  # of the early licences; the best epoch is chosen on them

History = dict[str, list[float]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, export, evaluate, and write the learning curve and the card."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=Recipe.epochs, help="default: %(default)s")
    recipe = Recipe(epochs=parser.parse_args(arguments).epochs)
    started = time.perf_counter()
    history = fit(recipe)
    minutes = (time.perf_counter() - started) / 60
    draw_learning_curve(history, FOLDER / "learning_curve.png")
    export.main([])
    write_card(recipe, history, minutes, evaluate.figures())


def fit(recipe: Recipe) -> History:
    """Train, and write ``model.keras`` with the weights of the best epoch."""
    keras.utils.set_random_seed(recipe.seed)
    early, _ = split_by_date(load_licences())
    random = np.random.default_rng(recipe.seed)
    held_out = random.random(len(early)) < _SELECTION_SHARE
    fitted = as_dataset(encode_all(early[~held_out]), recipe.minibatch_size, random)
    selection = as_dataset(encode_all(early[held_out]), recipe.minibatch_size)
    network = build_network(recipe)
    compile_for_training(network, recipe, steps_per_epoch=len(fitted))
    with tempfile.TemporaryDirectory() as folder:
        best = Path(folder) / "best.weights.h5"
        history: History = network.fit(
            fitted,
            validation_data=selection,
            epochs=recipe.epochs,
            shuffle=False,  # the dataset shuffles by itself
            verbose=1 if sys.stdout.isatty() else 2,
            callbacks=[
                keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
                keras.callbacks.ModelCheckpoint(best, save_best_only=True, save_weights_only=True),
            ],
        ).history
        network.load_weights(best)
    # The optimizer's variables are three times the size of the weights; serving needs none of them.
    trained = build_network(recipe)
    trained.set_weights(network.get_weights())
    trained.save(FOLDER / export.KERAS_FILE)
    return history


def draw_learning_curve(history: History, file: Path) -> None:
    """The loss of fitted and of held-out names by epoch. The kept epoch is marked."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    epochs = np.arange(1, len(history["loss"]) + 1)
    axes.plot(epochs, history["loss"], label="fitted, with dropout")
    axes.plot(epochs, history["val_loss"], label="held out, averaged weights")
    best = int(np.argmin(history["val_loss"]))
    axes.plot(best + 1, history["val_loss"][best], "o", label=f"kept: epoch {best + 1}")
    axes.set(xlabel="epoch", ylabel="nats per name", title="Learning curve")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=100)


def write_card(recipe: Recipe, history: History, minutes: float, figures: evaluate.Figures) -> None:
    """Write the model card, as Markdown and as HTML, from its template."""
    template = string.Template((FOLDER / "card.template.md").read_text())
    best = int(np.argmin(history["val_loss"])) + 1
    text = template.substitute(
        figures,
        percent_new=round(100 * figures["share_new"]),
        percent_duplicates=round(100 * figures["share_duplicates"]),
        best_epoch=best,
        last_training_day=LAST_TRAINING_DAY,
        minutes=round(minutes),
        recipe=json.dumps(asdict(recipe)),
        units=recipe.units,
    )
    (FOLDER / "card.md").write_text(text, encoding="utf-8")
    (FOLDER / "card.html").write_text(as_html(text), encoding="utf-8")


def as_html(card: str) -> str:
    """The card as the front page shows it, without its title."""
    _, body = card.split("\n", 1)
    return str(MarkdownIt().enable("table").render(body))


if __name__ == "__main__":
    main()
