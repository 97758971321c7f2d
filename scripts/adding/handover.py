"""From the sandbox into the folder of models: checked, completed, put in place in one step."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from inference import golden
from inference.errors import BrokenModelError
from inference.models import METADATA, Metadata, Provenance, read_metadata
from model.exchange import lock, publish
from model.folder import digest_of
from scripts.adding.package import CARD, EXAMPLE, previous_metadata, read_card, write_metadata
from scripts.adding.sources import SourceError

_ALWAYS = {METADATA, golden.GOLDEN, EXAMPLE, CARD}
_MOST_FILES = 10_000
_MOST_METADATA_BYTES = 64_000_000


def take_over(package: Path, original: Path, folder: Path) -> tuple[Metadata, Provenance]:
    """Put the package in the place of ``folder``. ``original`` is moved into it.

    The version is counted here, so that two additions at once get two. Raises
    :class:`SourceError` where the package is not what the sandbox was asked for.
    """
    metadata, provenance = _checked(package, original)
    if provenance.served.sha256 != provenance.source.sha256:
        (package / "original").mkdir()
        original.rename(package / "original" / original.name)
    _give_usual_modes(package)
    with lock(folder.parent):
        previous = previous_metadata(folder)
        version = previous.version + 1 if previous else 1
        metadata = metadata.model_copy(update={"version": version})
        write_metadata(package, metadata)
        card = read_card(folder)
        if card is not None:
            (package / CARD).write_text(card)
        publish(package, folder)
    return metadata, provenance


def _checked(package: Path, original: Path) -> tuple[Metadata, Provenance]:
    """The metadata of a package, of which every file is what it says."""
    if not stat.S_ISDIR(package.lstat().st_mode):
        raise _unexpected("no folder")
    for number, entry in enumerate(_entries(package)):
        if number >= _MOST_FILES:
            raise _unexpected(f"over {_MOST_FILES} files")
        status = entry.stat(follow_symlinks=False)
        is_file = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
        if not (is_file or stat.S_ISDIR(status.st_mode)):
            raise _unexpected(f"{entry.name}, which is no file of its own")
        if entry.name == METADATA and status.st_size > _MOST_METADATA_BYTES:
            raise _unexpected(f"a {METADATA} of over 64 MB")
    try:
        metadata = read_metadata(package)
    except BrokenModelError as error:
        raise _unexpected(str(error)) from error
    before = metadata.preprocessing
    expected = _ALWAYS | {metadata.file} | ({before.file} if before else set())
    if {path.name for path in package.iterdir()} != expected:
        raise _unexpected("other files than those of a model")
    provenance = metadata.provenance
    if provenance is None or (
        digest_of(package / metadata.file) != provenance.served.sha256
        or digest_of(original) != provenance.source.sha256
        or (before and digest_of(package / before.file) != before.sha256)
    ):
        raise _unexpected("a digest of another file")
    return metadata, provenance


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as scan:
        entries = list(scan)
    for entry in entries:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path))


def _unexpected(found: str) -> SourceError:
    return SourceError(f"the process that loaded it wrote {found}: refused")


def _give_usual_modes(package: Path) -> None:
    """Modes as if this process had made the files; the sandbox may have chosen others."""
    mask = os.umask(0)
    os.umask(mask)
    for entry in _entries(package):
        usual = 0o777 if entry.is_dir(follow_symlinks=False) else 0o666
        Path(entry.path).chmod(usual & ~mask)
    package.chmod(0o777 & ~mask)
