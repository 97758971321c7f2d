"""FarmHash's ``Fingerprint64``, with which TensorFlow puts strings into buckets.

The algorithm is Google's FarmHash of 2014, in the form that its authors promise never to change
(``farmhashna::Hash64``). ``tf.strings.to_hash_bucket_fast`` is this number modulo the buckets.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MASK = (1 << 64) - 1
_K0 = 0xC3A5C85C97CB3127  # primes between 2^63 and 2^64
_K1 = 0xB492B66FBE98F273
_K2 = 0x9AE16A3B2F90404F
_SEED = 81
_TINY, _SHORT, _MEDIUM, _BLOCK = 16, 32, 64, 64
_BLOCK_WORDS = struct.Struct("<8Q")
_CAT = np.uint64(0xC6A4A7935BD1E995)
_CAT_SHIFT = np.uint64(47)


def fingerprint64(text: bytes) -> int:
    """The hash of a string, from 0 to 2^64 - 1."""
    length = len(text)
    if length <= _TINY:
        return _hash_tiny(text, length)
    if length <= _SHORT:
        return _hash_short(text, length)
    if length <= _MEDIUM:
        return _hash_medium(text, length)
    return _hash_long(text, length)


def concatenate(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """``FingerprintCat64`` of each pair: the hash of two hashes, as TensorFlow crosses features."""
    mixed = second * _CAT
    result = (first ^ _CAT) ^ ((mixed ^ (mixed >> _CAT_SHIFT)) * _CAT)
    result = result * _CAT
    result = (result ^ (result >> _CAT_SHIFT)) * _CAT
    return result ^ (result >> _CAT_SHIFT)


def as_uint64(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Whole numbers as their 64 bits."""
    return values.astype(np.int64).view(np.uint64)


def _word(text: bytes, place: int) -> int:
    return int.from_bytes(text[place : place + 8], "little")


def _half(text: bytes, place: int) -> int:
    return int.from_bytes(text[place : place + 4], "little")


def _rotate(value: int, bits: int) -> int:
    return ((value >> bits) | (value << (64 - bits))) & _MASK


def _shift_mix(value: int) -> int:
    return value ^ (value >> 47)


def _combine(first: int, second: int, factor: int) -> int:
    """Murmur's way to hash 128 bits into 64."""
    low = _shift_mix(((first ^ second) * factor) & _MASK)
    high = _shift_mix(((second ^ low) * factor) & _MASK)
    return (high * factor) & _MASK


def _hash_tiny(text: bytes, length: int) -> int:
    if length >= 8:  # noqa: PLR2004 - one word
        factor = _K2 + length * 2
        first = (_word(text, 0) + _K2) & _MASK
        last = _word(text, length - 8)
        return _combine(
            (_rotate(last, 37) * factor + first) & _MASK,
            ((_rotate(first, 25) + last) * factor) & _MASK,
            factor & _MASK,
        )
    if length >= 4:  # noqa: PLR2004 - half a word
        factor = (_K2 + length * 2) & _MASK
        return _combine(length + (_half(text, 0) << 3), _half(text, length - 4), factor)
    if length:
        low = text[0] + (text[length >> 1] << 8)
        high = length + (text[-1] << 2)
        return (_shift_mix((low * _K2 ^ high * _K0) & _MASK) * _K2) & _MASK
    return _K2


def _hash_short(text: bytes, length: int) -> int:
    factor = (_K2 + length * 2) & _MASK
    first = (_word(text, 0) * _K1) & _MASK
    second = _word(text, 8)
    last = (_word(text, length - 8) * factor) & _MASK
    before = (_word(text, length - 16) * _K2) & _MASK
    return _combine(
        (_rotate((first + second) & _MASK, 43) + _rotate(last, 30) + before) & _MASK,
        (first + _rotate((second + _K2) & _MASK, 18) + last) & _MASK,
        factor,
    )


def _hash_medium(text: bytes, length: int) -> int:
    factor = (_K2 + length * 2) & _MASK
    a = (_word(text, 0) * _K2) & _MASK
    b = _word(text, 8)
    c = (_word(text, length - 8) * factor) & _MASK
    d = (_word(text, length - 16) * _K2) & _MASK
    y = (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK
    z = _combine(y, (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK, factor)
    e = (_word(text, 16) * factor) & _MASK
    f = _word(text, 24)
    g = ((y + _word(text, length - 32)) * factor) & _MASK
    h = ((z + _word(text, length - 24)) * factor) & _MASK
    return _combine(
        (_rotate((e + f) & _MASK, 43) + _rotate(g, 30) + h) & _MASK,
        (e + _rotate((f + a) & _MASK, 18) + g) & _MASK,
        factor,
    )


def _weak(words: tuple[int, ...], a: int, b: int) -> tuple[int, int]:
    """A fast hash of four words and two seeds into 128 bits."""
    w, x, y, z = words
    a += w
    b = _rotate((b + a + z) & _MASK, 21)
    start = a
    a += x + y
    return (a + z) & _MASK, (b + _rotate(a & _MASK, 44) + start) & _MASK


def _hash_long(text: bytes, length: int) -> int:
    """56 bytes of state, and 64 bytes of the text at a time; the last block may overlap."""
    x = (_SEED * _K2 + _word(text, 0)) & _MASK
    y = (_SEED * _K1 + 113) & _MASK
    z = (_shift_mix((y * _K2 + 113) & _MASK) * _K2) & _MASK
    v = w = (0, 0)
    end = (length - 1) // _BLOCK * _BLOCK
    for words in _BLOCK_WORDS.iter_unpack(memoryview(text)[:end]):
        x = (_rotate((x + y + v[0] + words[1]) & _MASK, 37) * _K1) & _MASK
        y = (_rotate((y + v[1] + words[6]) & _MASK, 42) * _K1) & _MASK
        x ^= w[1]
        y = (y + v[0] + words[5]) & _MASK
        z = (_rotate((z + w[0]) & _MASK, 33) * _K1) & _MASK
        v = _weak(words[:4], v[1] * _K1, x + w[0])
        w = _weak(words[4:], z + w[1], y + words[2])
        z, x = x, z
    factor = (_K1 + ((z & 0xFF) << 1)) & _MASK
    words = _BLOCK_WORDS.unpack_from(text, length - _BLOCK)
    w = ((w[0] + ((length - 1) & (_BLOCK - 1))) & _MASK, w[1])
    v = ((v[0] + w[0]) & _MASK, v[1])
    w = ((w[0] + v[0]) & _MASK, w[1])
    x = (_rotate((x + y + v[0] + words[1]) & _MASK, 37) * factor) & _MASK
    y = (_rotate((y + v[1] + words[6]) & _MASK, 42) * factor) & _MASK
    x ^= w[1] * 9 & _MASK
    y = (y + v[0] * 9 + words[5]) & _MASK
    z = (_rotate((z + w[0]) & _MASK, 33) * factor) & _MASK
    v = _weak(words[:4], v[1] * factor, x + w[0])
    w = _weak(words[4:], z + w[1], y + words[2])
    z, x = x, z
    return _combine(
        (_combine(v[0], w[0], factor) + _shift_mix(y) * _K0 + z) & _MASK,
        (_combine(v[1], w[1], factor) + x) & _MASK,
        factor,
    )
