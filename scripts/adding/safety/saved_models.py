"""SavedModel folders: no links and no second program; operations that only compute."""

import stat

from inference.engines.tensorflow import reasons_in
from inference.errors import BrokenModelError
from scripts.adding.sources import Source, SourceError


def refuse_bad_folder(source: Source) -> None:
    """Raise :class:`SourceError` for what is no plain file, and for a second program."""
    for path in source.path.rglob("*"):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            raise SourceError(f"{source.path.name} holds a symbolic link, {path.name}: refused")
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise SourceError(f"{source.path.name} holds {path.name}, which is no file: refused")
    for path in source.path.glob("saved_model.*"):
        if path.name != "saved_model.pb":
            raise SourceError(f"{source.path.name} holds a second program, {path.name}: refused")


def operations_of(source: Source) -> list[str]:
    """What the program does beyond computing. Raises :class:`SourceError` if it is damaged."""
    try:
        return reasons_in(source.path)
    except BrokenModelError as error:
        raise SourceError(str(error)) from error
