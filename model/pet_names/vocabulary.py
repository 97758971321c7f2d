"""Characters and species as the integers that the network reads and writes.

>>> encode("rex", "dog")
[31, 18, 5, 24, 30]
"""

PADDING = 0
CHARACTERS = "abcdefghijklmnopqrstuvwxyz.- +"  # ids 1–30, as in the R project
STOP = CHARACTERS.index("+") + 1
OUTPUTS = len(CHARACTERS) + 1  # padding is a class too, one that is never drawn
SPECIES = ("dog", "cat", "other")  # start tokens, the ids after the characters
TOKENS = OUTPUTS + len(SPECIES)
MAX_LENGTH = 30  # characters in a generated name, the stop character not counted

_ID_OF = {character: number for number, character in enumerate(CHARACTERS, start=1)}


def start_token(species: str) -> int:
    """The token a name of this species starts from; goats and pigs share ``other``."""
    return OUTPUTS + SPECIES.index(species if species in SPECIES else "other")


def encode(name: str, species: str) -> list[int]:
    """Start token, the characters of ``name`` (lower case), stop."""
    return [start_token(species), *(_ID_OF[character] for character in name), STOP]
