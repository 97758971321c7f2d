"""What an attack may cost at most: the one place of every bound of ``make attack``."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Bounds:
    """Bounds of single requests, of crowds of clients, and of a soak."""

    # A request that is refused.
    refused_seconds: float = 0.5
    refused_megabytes: float = 150  # above what the server had before
    # A request that is answered: what the limits of `add-model` allow a model to run.
    answered_seconds: float = 20
    answered_megabytes: float = 600
    # `/health` beside either.
    health_seconds: float = 0.1
    # An answer to a small request while others hold or have left their connections.
    small_seconds: float = 5
    # Until the server closes a connection whose body never comes.
    unfinished_seconds: float = 20  # the server is told to wait for 5
    # A soak: what may have grown from the end of the warm-up to the end of the last request.
    grown_files: int = 16
    grown_threads: int = 8
    grown_megabytes: float = 100


_UNREACHED = 100_000
NO_BOUNDS = Bounds(*[_UNREACHED] * len(fields(Bounds)))
