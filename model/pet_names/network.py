"""The network: it reads a name character by character and predicts the next one.

The first token of a name is its species.
"""

from dataclasses import dataclass

import keras

from model.pet_names import vocabulary


@dataclass(frozen=True)
class Recipe:
    """Sizes and training settings. The committed model was trained with the defaults."""

    units: int = 256
    embedding: int = 64
    dropout: float = 0.4
    minibatch_size: int = 128
    epochs: int = 40
    learning_rate: float = 3e-3  # the largest: after the warm-up, before the cosine decay
    warm_up: float = 0.03  # share of all steps
    weight_decay: float = 0.05
    averaging: float = 0.995  # momentum of the average of the weights, which is what is kept
    seed: int = 1


def build_network(recipe: Recipe) -> keras.Model:
    """From token ids ``(batch, steps)`` to logits ``(batch, steps, OUTPUTS)``.

    The logits at a step are those of the character that follows it.
    """
    tokens = keras.Input((None,), dtype="int32", name="characters")
    hidden = keras.layers.Embedding(vocabulary.TOKENS, recipe.embedding, name="embedding")(tokens)
    hidden = keras.layers.GRU(recipe.units, return_sequences=True, name="memory")(hidden)
    hidden = keras.layers.Dropout(recipe.dropout, name="dropout")(hidden)
    logits = keras.layers.Dense(vocabulary.OUTPUTS, name="logits")(hidden)
    return keras.Model(tokens, logits, name="pet_names")


def compile_for_training(network: keras.Model, recipe: Recipe, steps_per_epoch: int) -> None:
    """Use AdamW with warm-up, cosine decay and a running average of the weights."""
    steps = steps_per_epoch * recipe.epochs
    warm_up = round(steps * recipe.warm_up)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / 10,
        warmup_target=recipe.learning_rate,
        warmup_steps=warm_up,
        decay_steps=steps - warm_up,
        alpha=0.02,
    )
    network.compile(
        optimizer=keras.optimizers.AdamW(
            schedule,
            weight_decay=recipe.weight_decay,
            clipnorm=5.0,
            use_ema=True,
            ema_momentum=recipe.averaging,
        ),
        loss=nats_per_name,
    )


def nats_per_name(targets: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """The cross-entropy of each name, ``(batch,)``: the sum over its characters and its stop.

    It is no mean over characters. A minibatch holds names of similar length, so the characters of
    short names would weigh more in such a mean.
    """
    nats = keras.losses.sparse_categorical_crossentropy(
        targets, logits, from_logits=True, ignore_class=vocabulary.PADDING
    )
    return keras.ops.sum(nats, axis=-1)
