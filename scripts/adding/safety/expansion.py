"""The limit on how much larger a file may be in memory than it is stored."""

from scripts.adding.sources import SourceError

_MAX_EXPANSION = 200  # times the stored size; trained weights hardly compress at all
_MIN_BYTES_TO_REFUSE = 100_000_000  # smaller data may expand by any factor


def refuse_expansion(name: str, expanded: int, stored: int) -> None:
    """Raise :class:`SourceError` if all of a file together would fill the memory or the disk."""
    if expanded > max(_MIN_BYTES_TO_REFUSE, _MAX_EXPANSION * stored):
        raise SourceError(f"{name} would unpack to {expanded / 1e9:.1f} GB: refused")
