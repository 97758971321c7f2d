"""Stopping in time: what is written stays, and the retry goes on from there."""

from mangum.types import LambdaContext

_MARGIN_MILLISECONDS = 15_000  # one part and its upload, with room


class OutOfTimeError(Exception):
    """The function's time is nearly over; a retry of the same event goes on where it stopped."""


class Clock:
    """What is left of an invocation's time."""

    def __init__(self, context: LambdaContext) -> None:
        self._context = context

    def check(self, done: str) -> None:
        """Raise :class:`OutOfTimeError` when the time runs low; ``done`` says how far it came."""
        if self._context.get_remaining_time_in_millis() < _MARGIN_MILLISECONDS:
            raise OutOfTimeError(f"stopped in time after {done}; a retry goes on from there")
