"""The network as TensorFlow functions that compile: one scores names, one draws them.

A Keras RNN layer with a free batch dimension does not compile to LiteRT. So both functions step a
hand-written GRU over the trained weights. It computes what Keras' ``reset_after`` form computes
(https://keras.io/api/layers/recurrent_layers/gru/); ``export`` compares the two.
"""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.pet_names.vocabulary import CHARACTERS, MAX_LENGTH, OUTPUTS, PADDING, STOP, TOKENS
from model.scan import scan

_NEVER = -1e9  # a logit that is never drawn, at any temperature
_CHARACTER_LOGITS = tf.constant([_NEVER if i == PADDING else 0.0 for i in range(OUTPUTS)])
_FIRST_LOGITS = tf.constant([0.0 if c.isalpha() else _NEVER for c in "\0" + CHARACTERS])


class Sampler(tf.Module):
    """Holds the weights. Its signatures are ``next_character`` and ``generate``."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        memory = network.get_layer("memory")
        kernel, recurrent_kernel, bias = memory.get_weights()
        embedding = network.get_layer("embedding").get_weights()[0]
        # What a token adds to the gates is computed once here, and looked up at each step.
        self._inputs = tf.constant(embedding @ kernel + bias[0])  # (tokens, 3 · units)
        self._recurrent_kernel = tf.constant(recurrent_kernel)  # (units, 3 · units)
        self._recurrent_bias = tf.constant(bias[1])
        out_kernel, out_bias = network.get_layer("logits").get_weights()
        self._out_kernel, self._out_bias = tf.constant(out_kernel), tf.constant(out_bias)
        self._units: int = memory.units
        # The same for the memory after the first token, which is the species.
        self._first_states = self._read(tf.range(TOKENS), self._no_memory(TOKENS))

    def _read(self, tokens: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        """The memory ``(batch, units)`` after reading one more token ``(batch,)`` of each name."""
        from_input = tf.split(tf.gather(self._inputs, tokens), 3, axis=1)
        from_state = tf.split(state @ self._recurrent_kernel + self._recurrent_bias, 3, axis=1)
        update = tf.sigmoid(from_input[0] + from_state[0])
        reset = tf.sigmoid(from_input[1] + from_state[1])
        candidate = tf.tanh(from_input[2] + reset * from_state[2])
        return update * state + (1.0 - update) * candidate

    def _logits(self, state: tf.Tensor) -> tf.Tensor:
        """Logits of the next character, ``(batch, OUTPUTS)``."""
        return state @ self._out_kernel + self._out_bias

    def _no_memory(self, batch: tf.Tensor) -> tf.Tensor:
        return tf.zeros(tf.stack([batch, self._units]))

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32, name="characters")])
    def next_character(self, characters: tf.Tensor) -> dict[str, tf.Tensor]:
        """``probabilities (batch, steps, OUTPUTS)`` of the character that follows each token."""
        batch = tf.shape(characters)[0]

        def step(state: tf.Tensor, tokens: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            state = self._read(tokens, state)
            return state, tf.nn.softmax(self._logits(state))

        none_yet = tf.zeros(tf.stack([0, batch, OUTPUTS]))
        _, outputs = scan(step, self._no_memory(batch), tf.transpose(characters), none_yet)
        probabilities = tf.transpose(outputs, [1, 0, 2])  # (batch, steps, OUTPUTS)
        return {"probabilities": probabilities}

    @tf.function(
        input_signature=[
            tf.TensorSpec((None,), tf.int32, name="species"),
            tf.TensorSpec((MAX_LENGTH,), tf.int32, name="prefix"),
            tf.TensorSpec((), tf.float32, name="temperature"),
            tf.TensorSpec((None, MAX_LENGTH), tf.float32, name="noise"),
        ]
    )
    def generate(
        self, species: tf.Tensor, prefix: tf.Tensor, temperature: tf.Tensor, noise: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """``characters (batch, MAX_LENGTH)``: one name a row, with padding after its end.

        ``species (batch,)`` holds start tokens. ``prefix (MAX_LENGTH,)`` holds the ids that every
        name starts with, then padding. ``noise (batch, MAX_LENGTH)`` is uniform in [0, 1), in
        multiples of 2**-23: the product of such a number and a sum is smaller than the sum, also
        after rounding, so ``choose`` always finds a character.
        A name starts with a letter. Padding is never drawn.
        """
        batch = tf.shape(species)[0]

        def choose(logits: tf.Tensor, step: tf.Tensor, unfinished: tf.Tensor) -> tf.Tensor:
            """Inverse-transform sampling from ``softmax(logits / temperature)``."""
            logits += tf.where(step == 0, _FIRST_LOGITS, _CHARACTER_LOGITS)
            logits -= tf.reduce_max(logits, axis=1, keepdims=True)
            cumulative = tf.cumsum(tf.exp(logits / temperature), axis=1)  # (unfinished, OUTPUTS)
            uniform = tf.gather(tf.gather(noise, step, axis=1), unfinished)
            target = uniform[:, tf.newaxis] * cumulative[:, -1:]
            drawn = tf.reduce_sum(tf.cast(cumulative <= target, tf.int32), axis=1)
            return tf.where(prefix[step] > 0, prefix[step], drawn)

        def body(
            step: tf.Tensor, unfinished: tf.Tensor, state: tf.Tensor, written: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            """Draw one more character of each unfinished name. Finished names are not computed."""
            token = choose(self._logits(state), step, unfinished)
            goes_on = token != STOP
            rows = tf.cast(tf.where(goes_on)[:, 0], tf.int32)
            unfinished, token, state = (tf.gather(t, rows) for t in (unfinished, token, state))
            column = tf.scatter_nd(unfinished[:, tf.newaxis], token, tf.stack([batch]))
            here = tf.one_hot(step, MAX_LENGTH, dtype=tf.int32)
            written += column[:, tf.newaxis] * here
            return step + 1, unfinished, self._read(token, state), written

        def names_are_unfinished(
            step: tf.Tensor, unfinished: tf.Tensor, *_others: tf.Tensor
        ) -> tf.Tensor:
            return tf.logical_and(step < MAX_LENGTH, tf.shape(unfinished)[0] > 0)

        *_, characters = tf.while_loop(
            names_are_unfinished,
            body,
            (
                tf.constant(0),
                tf.range(batch),
                tf.gather(self._first_states, species),
                tf.zeros(tf.stack([batch, MAX_LENGTH]), tf.int32),
            ),
            shape_invariants=(
                tf.TensorShape([]),
                tf.TensorShape([None]),
                tf.TensorShape([None, self._units]),
                tf.TensorShape([None, MAX_LENGTH]),
            ),
        )
        return {"characters": characters}


def generate_with_keras(
    network: keras.Model,
    species: NDArray[np.int32],
    prefix: NDArray[np.int32],
    temperature: NDArray[np.float32],
    noise: NDArray[np.float32],
) -> NDArray[np.int32]:
    """What ``generate`` must answer. Slow: Keras reads the whole name again for every character."""
    tokens = species[:, np.newaxis]
    for step in range(MAX_LENGTH):
        masks = _FIRST_LOGITS if step == 0 else _CHARACTER_LOGITS
        logits = (network(tokens)[:, -1] + masks).numpy().astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        cumulative = np.cumsum(np.exp(logits / temperature), axis=1)
        drawn = np.sum(cumulative <= noise[:, step, np.newaxis] * cumulative[:, -1:], axis=1)
        drawn = np.full_like(drawn, prefix[step]) if prefix[step] else drawn
        ended = np.isin(tokens[:, -1], (STOP, PADDING))
        tokens = np.column_stack([tokens, np.where(ended, PADDING, drawn)]).astype(np.int32)
    return np.where(tokens == STOP, PADDING, tokens)[:, 1:]
