"""What can go wrong with a model. ``functions.api.errors`` maps these errors to HTTP."""

from collections.abc import Sequence
from typing import NamedTuple

MOST_PLACES = 10  # a client that sends a thousand wrong values made one mistake


class Place(NamedTuple):
    """One wrong value of a request."""

    field: str  # such as `instances.0.flower.3`
    message: str
    type: str  # a word for programs, such as `wrong_type`


class InferenceError(Exception):
    """Base of every error of this layer. A client may read its text."""

    @property
    def message(self) -> str:
        """The text, without the places of an invalid request."""
        return str(self)


class ModelNotFoundError(InferenceError):
    """No model of that name is served."""


class BrokenModelError(InferenceError):
    """A model folder cannot be served. The text names the folder and its problem."""


class InvalidInputError(InferenceError):
    """Inputs do not fit the signature. The text names the input and what was expected.

    ``places`` are the first wrong values, at most ten.
    """

    def __init__(self, message: str, places: Sequence[Place] = ()) -> None:
        fields = ", ".join(place.field for place in places)
        super().__init__(f"{message}, at {fields}" if places else message)
        self.places = places
        self._message = message

    @property
    def message(self) -> str:
        """The text, without the places."""
        return self._message


class TooLargeError(InferenceError):
    """More rows, values or bytes than one request may send, or than one answer may hold."""


class DisagreementError(InferenceError):
    """Two answers to the same inputs differ by more than the tolerance."""
