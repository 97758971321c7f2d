"""A model with classes of the user's, as in Keras' examples."""

from pathlib import Path
from typing import Any

import keras


class TokenAndPositionEmbedding(keras.layers.Layer):
    """As in Keras' examples: its arguments are not in its configuration."""

    def __init__(self, size: int = 8, **options: Any) -> None:
        super().__init__(**options)
        self.table = keras.layers.Embedding(20, size)

    def call(self, tokens: Any) -> Any:
        return self.table(tokens)


class TransformerBlock(keras.layers.Layer):
    """It takes no other arguments than its own, as a class without ``**kwargs``."""

    def __init__(self, heads: int = 2) -> None:
        super().__init__()
        self.attention = keras.layers.MultiHeadAttention(heads, 4)

    def call(self, x: Any) -> Any:
        return x + self.attention(x, x)


def text_transformer(folder: Path) -> Path:
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    x = TokenAndPositionEmbedding()(tokens)
    for _ in range(7):
        x = TransformerBlock()(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    keras.Model(tokens, keras.layers.Dense(2)(x)).save(folder / "text.keras")
    return folder / "text.keras"
