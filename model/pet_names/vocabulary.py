"""Characters and species as the integers that the network reads and writes.

>>> encode("rex", "dog")
[31, 18, 5, 24, 30]
>>> decode([18, 5, 24, 0, 0])
'rex'
"""

from collections.abc import Iterable

PADDING = 0
CHARACTERS = "abcdefghijklmnopqrstuvwxyz.- +"  # ids 1–30, as in the R project
STOP = CHARACTERS.index("+") + 1
OUTPUTS = len(CHARACTERS) + 1  # padding is a class of the output too, but it is never drawn
SPECIES = ("dog", "cat", "other")  # start tokens; their ids follow those of the characters
TOKENS = OUTPUTS + len(SPECIES)
MAX_LENGTH = 30  # characters in a generated name, without the stop character

_ID_OF = {character: number for number, character in enumerate(CHARACTERS, start=1)}


def start_token(species: str) -> int:
    """The token that a name of this species starts from. Goats and pigs share ``other``."""
    return OUTPUTS + SPECIES.index(species if species in SPECIES else "other")


def encode(name: str, species: str) -> list[int]:
    """The start token, the characters of ``name`` (lower case), the stop character."""
    return [start_token(species), *(_ID_OF[character] for character in name), STOP]


def decode(tokens: Iterable[int]) -> str:
    """The characters of a drawn name. Padding is skipped."""
    return "".join(CHARACTERS[token - 1] for token in tokens if token != PADDING)
