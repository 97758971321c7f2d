"""Keras' ``StringLookup`` and ``IntegerLookup``."""

from collections.abc import Sequence
from itertools import repeat
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr, model_validator

from inference.errors import InvalidInputError
from inference.preprocessing.buckets import Salt, buckets, decimals
from inference.preprocessing.categories import DROPPED
from inference.preprocessing.step import require_numbers, require_strings, truncated
from inference.preprocessing.vocabularies import Mode, VocabularyStep, encoded

_MISSING = -1


class _Lookup(VocabularyStep):
    vocabulary: list[Any]  # with the special tokens, as `get_vocabulary()` gives it
    num_oov_indices: int = Field(default=1, ge=0)
    invert: bool = False
    output_mode: Mode = "int"
    salt: Salt = None
    oov_method: Literal["floormod", "farmhash"] = "floormod"  # of integers; strings are hashed
    # Only Keras 2 knows it: of the output, where that is not of numbers of tokens.
    dtype: Literal["int64", "float32", "float64"] | None = None

    def _check(self, vocabulary: Sequence[object], mask: object, unknown: object) -> int:
        """Check the options. The answer is the number of special tokens."""
        masks = [mask] if mask is not None and self.output_mode == "int" else []
        special = [*masks, *[unknown] * self.num_oov_indices]
        self._check_vocabulary(vocabulary, special, self.output_mode)
        tokens = vocabulary[len(special) :]
        if mask is not None and mask in tokens:
            raise ValueError("vocabulary: the mask token stands among the tokens")
        if self.invert and self.output_mode != "int":
            raise ValueError("invert: needs the output mode int")
        if self.invert and unknown in tokens:
            raise ValueError("vocabulary: the OOV token stands among the tokens")
        if self.dtype is not None and (
            not self.is_legacy or (self.dtype == "int64") != (self.output_mode == "int")
        ):
            raise ValueError(
                f"dtype: {self.dtype} is not computed for the output mode {self.output_mode} "
                f"of Keras {self.keras}; leave it out"
            )
        return len(special)

    def _placed(self, lookups: NDArray[np.int64], values: NDArray[Any]) -> NDArray[Any]:
        """The layer's answer to lookups in which -1 stands for a value out of the vocabulary."""
        unknown = lookups == _MISSING
        if unknown.any():
            if self.num_oov_indices == 0:
                raise InvalidInputError(
                    f"{values[unknown].flat[0]!r} is not in the vocabulary, "
                    "and the layer has no place for other values"
                )
            start = 1 if self._masked and self.output_mode == "int" else 0
            bucket = self._bucket(values[unknown]) if self.num_oov_indices > 1 else 0
            lookups[unknown] = bucket + start
        if self.output_mode == "int":
            return lookups
        # Keras 3 counts with whole numbers, although it announces floats.
        weighted = self.output_mode == "tf_idf"
        whole = not self.is_legacy and not weighted
        dtype = "int64" if whole else self.dtype or "float32"
        return self._encoded(lookups, self.output_mode, self._depth(self.vocabulary), dtype)

    @property
    def _masked(self) -> bool:
        raise NotImplementedError

    def _bucket(self, values: NDArray[Any]) -> NDArray[np.int64]:
        raise NotImplementedError

    def _restored(
        self, indices: NDArray[Any], tokens: NDArray[Any], mask: object, unknown: object
    ) -> NDArray[Any]:
        """The tokens that stand at these places of the vocabulary."""
        require_numbers(indices)
        places = truncated(indices)
        start = len(self.vocabulary) - len(tokens)
        known = (places >= start) & (places < len(self.vocabulary))
        answer = np.full(places.shape, unknown, tokens.dtype)
        answer[known] = tokens[places[known] - start]
        if mask is not None:
            answer[places == 0] = mask
        return answer


class StringLookup(_Lookup):
    """Strings into their numbers in a vocabulary, or back."""

    layer: Literal["StringLookup"] = "StringLookup"
    vocabulary: list[str]  # with the special tokens, as `get_vocabulary()` gives it
    mask_token: str | None = None
    oov_token: str = "[UNK]"  # noqa: S105 - a word, and no secret
    encoding: Literal["utf-8"] = "utf-8"
    _tokens: NDArray[Any] = PrivateAttr()
    _numbers: dict[bytes, int] = PrivateAttr()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        start = self._check(self.vocabulary, self.mask_token, self.oov_token)
        tokens = encoded(self.vocabulary[start:])
        self._numbers = dict(zip(tokens, range(start, len(self.vocabulary)), strict=True))
        if self.mask_token is not None:
            self._numbers[self.mask_token.encode()] = 0 if self.output_mode == "int" else DROPPED
        self._tokens = np.array([*tokens, None], object)[:-1]  # None: also an array where empty
        return self

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The number of each string, or what the output mode makes of the numbers."""
        (values,) = arrays
        if self.invert:
            mask = None if self.mask_token is None else self.mask_token.encode()
            return self._restored(values, self._tokens, mask, self.oov_token.encode())
        require_strings(values)
        looked_up = map(self._numbers.get, values.reshape(-1), repeat(_MISSING))
        lookups = np.fromiter(looked_up, np.int64, values.size)
        return self._placed(lookups.reshape(values.shape), values)

    @property
    def _masked(self) -> bool:
        return self.mask_token is not None

    def _bucket(self, values: NDArray[Any]) -> NDArray[np.int64]:
        return buckets(values, self.num_oov_indices, self.salt)


class IntegerLookup(_Lookup):
    """Whole numbers into their places in a vocabulary, or back."""

    layer: Literal["IntegerLookup"] = "IntegerLookup"
    vocabulary: list[int]  # with the special tokens, as `get_vocabulary()` gives it
    mask_token: int | None = None
    oov_token: int = -1
    vocabulary_dtype: Literal["int64"] = "int64"
    _tokens: NDArray[np.int64] = PrivateAttr()
    _order: NDArray[np.int64] = PrivateAttr()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        start = self._check(self.vocabulary, self.mask_token, self.oov_token)
        if self.salt is not None and self.oov_method != "farmhash":
            raise ValueError("salt: needs the oov_method farmhash")
        self._tokens = np.array(self.vocabulary[start:], np.int64)
        self._order = np.argsort(self._tokens)
        return self

    def compute(self, *arrays: NDArray[Any]) -> NDArray[Any]:
        """The place of each number, or what the output mode makes of the places."""
        (values,) = arrays
        if self.invert:
            return self._restored(values, self._tokens, self.mask_token, self.oov_token)
        require_numbers(values)
        values = truncated(values)
        lookups = np.full(values.shape, _MISSING, np.int64)
        if self._tokens.size:
            ordered = self._tokens[self._order]
            found = np.searchsorted(ordered, values).clip(max=ordered.size - 1)
            start = len(self.vocabulary) - ordered.size
            lookups = np.where(ordered[found] == values, self._order[found] + start, _MISSING)
        if self.mask_token is not None:
            masked = 0 if self.output_mode == "int" else DROPPED
            lookups = np.where(values == self.mask_token, masked, lookups)
        return self._placed(lookups, values)

    @property
    def _masked(self) -> bool:
        return self.mask_token is not None

    def _bucket(self, values: NDArray[Any]) -> NDArray[np.int64]:
        if self.oov_method == "floormod":
            return values % self.num_oov_indices
        return buckets(decimals(values), self.num_oov_indices, self.salt)
