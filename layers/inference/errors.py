"""What can go wrong with a model. ``functions.api.errors`` maps these errors to HTTP."""


class InferenceError(Exception):
    """Base of every error of this layer. A client may read its text."""


class ModelNotFoundError(InferenceError):
    """No model of that name is served."""


class BrokenModelError(InferenceError):
    """A model folder cannot be served. The text names the folder and its problem."""


class InvalidInputError(InferenceError):
    """Inputs do not fit the signature. The text names the input and what was expected."""


class TooLargeError(InferenceError):
    """More rows, values or bytes than one request may send, or than one answer may hold."""


class DisagreementError(InferenceError):
    """Two answers to the same inputs differ by more than the tolerance."""
