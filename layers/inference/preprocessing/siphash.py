"""SipHash-2-4, the keyed hash with which TensorFlow puts strings into buckets under a salt.

The algorithm is Aumasson's and Bernstein's of 2012. ``tf.strings.to_hash_bucket_strong`` is this
number modulo the buckets.
"""

import struct

_MASK = (1 << 64) - 1
_WORDS = struct.Struct("<Q")
_State = tuple[int, int, int, int]


def siphash(text: bytes, key: tuple[int, int]) -> int:
    """The hash of a string under a key of two 64-bit numbers, from 0 to 2^64 - 1."""
    first, second = key[0] & _MASK, key[1] & _MASK
    state: _State = (
        first ^ 0x736F6D6570736575,
        second ^ 0x646F72616E646F6D,
        first ^ 0x6C7967656E657261,
        second ^ 0x7465646279746573,
    )
    whole = len(text) // 8 * 8
    for (word,) in _WORDS.iter_unpack(memoryview(text)[:whole]):
        state = _compress(state, word)
    last = int.from_bytes(text[whole:], "little") | (len(text) & 0xFF) << 56
    v0, v1, v2, v3 = _compress(state, last)
    state = (v0, v1, v2 ^ 0xFF, v3)
    for _ in range(4):
        state = _round(*state)
    v0, v1, v2, v3 = state
    return v0 ^ v1 ^ v2 ^ v3


def _compress(state: _State, word: int) -> _State:
    v0, v1, v2, v3 = state
    v0, v1, v2, v3 = _round(*_round(v0, v1, v2, v3 ^ word))
    return v0 ^ word, v1, v2, v3


def _round(v0: int, v1: int, v2: int, v3: int) -> _State:
    v0 = (v0 + v1) & _MASK
    v2 = (v2 + v3) & _MASK
    v1 = _rotate(v1, 13) ^ v0
    v3 = _rotate(v3, 16) ^ v2
    v0 = _rotate(v0, 32)
    v2 = (v2 + v1) & _MASK
    v0 = (v0 + v3) & _MASK
    v1 = _rotate(v1, 17) ^ v2
    v3 = _rotate(v3, 21) ^ v0
    return v0, v1, _rotate(v2, 32), v3


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & _MASK
