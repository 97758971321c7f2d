"""FarmHash and SipHash against numbers that TensorFlow gave once, at every length class."""

import numpy as np
import pytest

from inference.preprocessing.buckets import buckets, decimals
from inference.preprocessing.farmhash import fingerprint64
from inference.preprocessing.siphash import siphash

PANGRAM = b"the quick brown fox jumps over the lazy dog " * 8


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, 1936946117179621456),
        (1, 6958822807653381721),
        (3, 7003889267569045354),
        (4, 1001158104500252861),
        (7, 6384219026912886920),
        (8, 8201305380226119935),
        (15, 984528316878273625),
        (16, 6052272862424356134),
        (17, 2098926860416782726),
        (32, 8819998799441320144),
        (33, 6107800517923693518),
        (63, 1971854185979124428),
        (64, 7767873174540064144),
        (65, 4090744603156993132),
        (128, 8637506759962982341),
        (129, 3516650716482532106),
        (200, 9201034153364054546),
        (300, 8597886492841023567),
    ],
)
def test_farmhash(length: int, expected: int) -> None:
    assert fingerprint64(PANGRAM[:length]) % (2**63 - 1) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, 4331401532214193551),
        (1, 4345292491122819424),
        (7, 3534125744994120397),
        (8, 1772137887002685937),
        (9, 1141438229433000182),
        (15, 6735121112681244927),
        (16, 7156428157914122618),
        (64, 89467485850929873),
        (255, 2044160491812620102),
        (256, 3741276883625036944),
        (300, 5400968793066671808),
    ],
)
def test_siphash(length: int, expected: int) -> None:
    assert siphash(PANGRAM[:length], (-1, 2**62)) % (2**63 - 1) == expected


def test_siphash_of_the_published_example() -> None:
    """The example of the paper's appendix: 15 bytes under the key 00 01 … 0f."""
    key = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
    assert siphash(bytes(range(15)), key) == 0xA129CA6149BE45E5


def test_numbers_are_hashed_as_decimals() -> None:
    values = np.array([[-5], [0], [2**62]])
    assert decimals(values).tolist() == [[b"-5"], [b"0"], [b"4611686018427387904"]]
    assert buckets(decimals(values), 3, None).shape == (3, 1)
