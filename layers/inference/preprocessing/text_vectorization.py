"""Keras' ``TextVectorization``."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr, model_validator

from inference.errors import InvalidInputError
from inference.preprocessing.categories import DROPPED, counted
from inference.preprocessing.step import MOST_VALUES, Refused, require_possible, require_strings
from inference.preprocessing.vocabularies import VocabularyStep, encoded

_PUNCTUATION = b"!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"
_SAME = bytes(range(256))
_LOWER = _SAME.lower()  # ASCII only, as `tf.strings.lower` without an encoding
_STANDARDIZE: dict[str | None, tuple[bytes, bytes]] = {  # bytes to map, bytes to leave out
    None: (_SAME, b""),
    "lower": (_LOWER, b""),
    "strip_punctuation": (_SAME, _PUNCTUATION),
    "lower_and_strip_punctuation": (_LOWER, _PUNCTUATION),
}
_UNKNOWN = "[UNK]"
_Width = Annotated[int, Field(gt=0, strict=True)]
_Tokens = Sequence[Any]  # of bytes; of characters where the text is split into them


class TextVectorization(VocabularyStep):
    """Texts into the numbers of their words, or into counts of them."""

    layer: Literal["TextVectorization"] = "TextVectorization"
    vocabulary: list[str]  # with the special tokens, as `get_vocabulary()` gives it
    standardize: Literal["lower_and_strip_punctuation", "lower", "strip_punctuation"] | None = (
        "lower_and_strip_punctuation"
    )
    split: Literal["whitespace", "character"] | None = "whitespace"
    ngrams: _Width | tuple[_Width, ...] | None = None
    output_mode: Literal["int", "multi_hot", "count", "tf_idf"] = "int"
    output_sequence_length: int | None = Field(default=None, gt=0)
    ragged: Refused = False
    encoding: Literal["utf-8"] = "utf-8"
    _numbers: dict[Any, int] = PrivateAttr()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        special = ["", _UNKNOWN] if self.output_mode == "int" else [_UNKNOWN]
        self._check_vocabulary(self.vocabulary, special, self.output_mode)
        start = len(special)
        if "" in self.vocabulary[start:]:
            raise ValueError("vocabulary: the empty token stands for the padding")
        if self.ngrams == ():
            raise ValueError("ngrams: is empty")
        if self.ngrams and self.split is None:
            raise ValueError("ngrams: are computed only of a text that is split")
        if self.output_sequence_length and self.output_mode != "int":
            raise ValueError("output_sequence_length: is only for the output mode int")
        words = self.vocabulary[start:]
        tokens: Sequence[Any] = words if self.split == "character" else encoded(words)
        self._numbers = dict(zip(tokens, range(start, len(self.vocabulary)), strict=True))
        self._numbers[b""] = 0 if self.output_mode == "int" else DROPPED
        return self

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """Numbers of words, padded with 0 to the longest text; or one vector for each text."""
        (texts,) = arrays
        require_strings(texts)
        if self.split is None:
            return self._without_split(texts)
        if texts.ndim > 1:
            if texts.shape[-1] != 1:
                raise InvalidInputError(f"expected one text in a row, found {texts.shape[-1]}")
            texts = texts[..., 0]
        if texts.ndim != 1:
            raise InvalidInputError(f"expected one text in a row, found the shape {texts.shape}")
        rows = [self._row(text) for text in texts]
        if self.output_mode == "int":
            return self._padded(rows)
        shape = (len(rows), self._depth(self.vocabulary))
        require_possible(shape)
        places = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        numbers = np.concatenate([*rows, np.empty(0, np.int64)])
        binary = self.output_mode == "multi_hot"
        counts = counted(places, numbers, shape, self._dtype, binary=binary)
        return self._weighted(counts, "float32") if self.output_mode == "tf_idf" else counts

    @property
    def _dtype(self) -> str:
        # Keras 3 counts with whole numbers, although it announces floats.
        whole = not self.is_legacy and self.output_mode != "tf_idf"
        return "int64" if whole else "float32"

    def _without_split(self, texts: NDArray[Any]) -> NDArray[Any]:
        standardized = map(self._standardized, texts.reshape(-1))
        looked_up = map(self._numbers.get, standardized, repeat(self._unknown))
        numbers = np.fromiter(looked_up, np.int64, texts.size).reshape(texts.shape)
        if self.output_mode != "int":
            depth = self._depth(self.vocabulary)
            return self._encoded(numbers, self.output_mode, depth, self._dtype)
        length = self.output_sequence_length
        if length is None:
            return numbers
        require_possible((*texts.shape[:-1], length))
        padded = np.zeros((*texts.shape[:-1], length), np.int64)
        padded[..., : texts.shape[-1]] = numbers[..., :length]
        return padded

    @property
    def _unknown(self) -> int:
        return 1 if self.output_mode == "int" else 0

    def _standardized(self, text: bytes) -> bytes:
        mapped, left_out = _STANDARDIZE[self.standardize]
        return text.translate(mapped, left_out)

    def _row(self, text: bytes) -> NDArray[np.int64]:
        """The numbers of one text's tokens."""
        length = self.output_sequence_length
        widths = self._widths
        tokens = self._split(self._standardized(text), length and length + max(widths) - 1)
        grams = tokens if widths == (1,) else _ngrams(tokens, widths)
        if length is None or widths != (1,):
            grams = islice(grams, length or MOST_VALUES + 1)
        row = np.fromiter(map(self._numbers.get, grams, repeat(self._unknown)), np.int64)
        require_possible(row.shape)
        return row

    @property
    def _widths(self) -> tuple[int, ...]:
        if self.ngrams is None:
            return (1,)
        return tuple(range(1, self.ngrams + 1)) if isinstance(self.ngrams, int) else self.ngrams

    def _split(self, text: bytes, most: int | None) -> _Tokens:
        """The tokens, or the first of them: a text of megabytes is not split to its end."""
        if self.split == "character":
            characters = text.decode("utf-8", "replace")
            return characters if most is None else characters[:most]
        if most is None:
            return text.split()
        return text.split(None, most)[:most]

    def _padded(self, rows: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        length = self.output_sequence_length
        if length is None:
            length = max(map(len, rows), default=0)
        require_possible((len(rows), length))
        padded = np.zeros((len(rows), length), np.int64)
        for place, row in enumerate(rows):
            padded[place, : len(row)] = row
        return padded


def _ngrams(tokens: _Tokens, widths: Sequence[int]) -> Iterator[Any]:
    """All n-grams of the first width, then those of the next: one at a time in the memory."""
    join: Callable[[Iterable[Any]], Any] = (" " if isinstance(tokens, str) else b" ").join
    return chain.from_iterable(
        map(join, zip(*(islice(tokens, start, None) for start in range(width)), strict=False))
        for width in widths
    )
