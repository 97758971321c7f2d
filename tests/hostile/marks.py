"""What a hostile file would leave behind if it ran: no test may find it."""

from pathlib import Path

MARKER = "it_ran"


def marker(folder: Path) -> str:
    """The path of a file that exists only if the code of a hostile file ran."""
    return str(folder / MARKER)
