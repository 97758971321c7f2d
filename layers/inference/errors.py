"""What can go wrong with a model; ``functions.api.app`` maps these to HTTP."""


class InferenceError(Exception):
    """Base of every error of this layer; its text is fit for a client to read."""


class ModelNotFoundError(InferenceError):
    """No model of that name is served."""


class BrokenModelError(InferenceError):
    """A model folder cannot be loaded; the text names the folder's problem."""


class InvalidInputError(InferenceError):
    """Inputs do not fit the signature; the text names the input and what was expected."""


class TooLargeError(InferenceError):
    """More rows or bytes than may be sent or answered at once."""
