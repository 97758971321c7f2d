"""The network: a recurrent character model whose first token is the species."""

from dataclasses import dataclass

import keras

from model.pet_names import vocabulary


@dataclass(frozen=True)
class Recipe:
    """Sizes and training settings; the defaults made the committed model."""

    units: int = 256
    embedding: int = 64
    dropout: float = 0.4
    batch_size: int = 128
    epochs: int = 40
    learning_rate: float = 3e-3  # the peak, after warm-up and before cosine decay
    warm_up: float = 0.03  # share of all steps
    weight_decay: float = 0.05
    averaging: float = 0.995  # momentum of the weight average that is kept
    seed: int = 1


def build_network(recipe: Recipe) -> keras.Model:
    """Token ids ``(batch, steps)`` to logits ``(batch, steps, OUTPUTS)`` of each next character."""
    tokens = keras.Input((None,), dtype="int32", name="characters")
    hidden = keras.layers.Embedding(vocabulary.TOKENS, recipe.embedding, name="embedding")(tokens)
    hidden = keras.layers.GRU(recipe.units, return_sequences=True, name="memory")(hidden)
    hidden = keras.layers.Dropout(recipe.dropout, name="dropout")(hidden)
    logits = keras.layers.Dense(vocabulary.OUTPUTS, name="logits")(hidden)
    return keras.Model(tokens, logits, name="pet_names")


def compile_for_training(network: keras.Model, recipe: Recipe, steps_per_epoch: int) -> None:
    """AdamW with warm-up, cosine decay and a running average of the weights."""
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
    """Cross-entropy of each name, ``(batch,)``: the sum over its characters and its stop.

    A mean over characters would count those of short names, which share batches, for more.
    """
    nats = keras.losses.sparse_categorical_crossentropy(
        targets, logits, from_logits=True, ignore_class=vocabulary.PADDING
    )
    return keras.ops.sum(nats, axis=-1)
