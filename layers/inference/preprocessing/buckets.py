"""Strings and numbers into buckets by their hash, as ``tf.strings.to_hash_bucket_*`` does."""

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from inference.preprocessing.farmhash import fingerprint64
from inference.preprocessing.siphash import siphash

_Key = Annotated[int, Field(ge=-(2**63), lt=2**63)]


def _pair(salt: object) -> object:
    """Keras takes one number for both."""
    return (salt, salt) if isinstance(salt, int) else salt


# Two numbers that make the hash another one: SipHash instead of FarmHash.
Salt = Annotated[tuple[_Key, _Key] | None, BeforeValidator(_pair)]


def buckets(strings: NDArray[Any], number: int, salt: tuple[int, int] | None) -> NDArray[np.int64]:
    """The bucket of each string, from 0 to ``number`` - 1; each distinct string is hashed once."""
    texts: list[bytes] = strings.reshape(-1).tolist()
    if salt is None:
        hashed = {text: fingerprint64(text) % number for text in set(texts)}
    else:
        hashed = {text: siphash(text, salt) % number for text in set(texts)}
    numbers = np.fromiter(map(hashed.__getitem__, texts), np.int64, len(texts))
    return numbers.reshape(strings.shape)


def decimals(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers as the strings that are hashed in their place."""
    texts = np.empty(values.size, object)
    texts[:] = [b"%d" % value for value in values.reshape(-1).tolist()]
    return texts.reshape(values.shape)
