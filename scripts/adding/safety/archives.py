"""``.keras`` archives: only the members that Keras writes, of a size that is worth reading."""

import re
import stat
import zipfile
from pathlib import Path, PurePosixPath

import h5py

from scripts.adding.safety.expansion import refuse_expansion
from scripts.adding.safety.hdf5 import refuse_bad_hdf5
from scripts.adding.sources import SourceError

_ENCRYPTED = 1  # a bit of a member's flags
_METHODS = {zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED}
_MAX_MEMBERS = 10_000
_MEMBER = re.compile(r"(config|metadata)\.json|model[\w-]*(\.weights)?\.(h5|json)|assets/.*|assets")


def refuse_bad_archive(path: Path) -> None:
    """Raise :class:`SourceError` for members out of the archive, or that Keras does not write."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _refuse_bad_members(path, members)
            damaged = archive.testzip()
            if damaged is not None:
                raise SourceError(f"{path.name} is damaged: {damaged:.80} fails its checksum")
            for member in members:
                if member.filename.endswith(".h5"):
                    with archive.open(member) as weights, h5py.File(weights, "r") as file:
                        refuse_bad_hdf5(file, path.name, member.file_size)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise SourceError(f"{path.name} is a damaged or truncated file") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(f"{path.name} is a damaged or truncated file") from error


def _refuse_bad_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > _MAX_MEMBERS:
        raise SourceError(f"{path.name} has {len(members)} members: refused")
    names = [member.filename.rstrip("/") for member in members]
    if len(set(map(str.casefold, names))) != len(names):
        raise SourceError(f"{path.name} holds two members of one name: refused")
    for member, name in zip(members, names, strict=True):
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or set(name) & set("\\:\0"):
            raise SourceError(f"{path.name} holds a path out of its folder: refused")
        if not _MEMBER.fullmatch(name):
            raise SourceError(f"{path.name} holds {name:.80}, which Keras does not write: refused")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise SourceError(f"{path.name} holds a symbolic link, {name:.80}: refused")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
            raise SourceError(f"{path.name} is encrypted, or packed in an unknown way: refused")
    total = sum(member.file_size for member in members)
    refuse_expansion(path.name, total, path.stat().st_size)
