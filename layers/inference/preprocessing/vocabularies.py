"""Options and checks that the layers with a vocabulary share."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from inference.preprocessing.categories import encode
from inference.preprocessing.step import BaseStep, Refused

Mode = Literal["int", "one_hot", "multi_hot", "count", "tf_idf"]


def encoded(tokens: Iterable[str]) -> list[bytes]:
    """Tokens as UTF-8, which the texts are. Raises ``ValueError``."""
    try:
        return [token.encode() for token in tokens]
    except UnicodeEncodeError as error:
        raise ValueError("vocabulary: a token has half of a surrogate pair") from error


class VocabularyStep(BaseStep):
    """The options of Keras' ``IndexLookup``, of which all lookups and text layers are made."""

    max_tokens: int | None = Field(default=None, gt=1)
    pad_to_max_tokens: bool = False
    sparse: Refused = False
    # As the layer multiplies with them, one for each column of the output:
    # `layer.idf_weights_const`, which the lookup inside of a TextVectorization has.
    idf_weights: list[float] | None = None

    def _depth(self, vocabulary: Sequence[object]) -> int:
        """The size of the last dimension, other than in the mode ``int``."""
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens else len(vocabulary)

    def _check_vocabulary(
        self, vocabulary: Sequence[object], special: Sequence[object], mode: Mode
    ) -> None:
        """Raise ``ValueError`` unless the vocabulary is one that Keras accepts."""
        if list(vocabulary[: len(special)]) != list(special):
            raise ValueError(
                f"vocabulary: begins with {list(vocabulary[: len(special)])}, expected the special "
                f"tokens {list(special)}; take get_vocabulary(include_special_tokens=True)"
            )
        tokens = vocabulary[len(special) :]
        if len(set(tokens)) != len(tokens):
            raise ValueError("vocabulary: a token stands twice")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError("pad_to_max_tokens: needs max_tokens")
        if mode != "int" and self._depth(vocabulary) < len(vocabulary):
            raise ValueError("max_tokens: is less than the vocabulary's size")
        weights = None if self.idf_weights is None else len(self.idf_weights)
        if weights != (self._depth(vocabulary) if mode == "tf_idf" else None):
            raise ValueError(
                f"idf_weights: found {weights or 'none'}, expected "
                + (str(self._depth(vocabulary)) if mode == "tf_idf" else f"none for {mode}")
            )

    def _weighted(self, counts: NDArray[Any], dtype: str) -> NDArray[Any]:
        weighted: NDArray[Any] = counts.astype(dtype, copy=False) * np.array(
            self.idf_weights, dtype
        )
        return weighted

    def _encoded(self, lookups: NDArray[Any], mode: Mode, depth: int, dtype: str) -> NDArray[Any]:
        if mode != "tf_idf":
            return encode(lookups, mode, depth, dtype, legacy=self.is_legacy)
        counts = encode(lookups, "count", depth, dtype, legacy=self.is_legacy)
        return self._weighted(counts, dtype)
