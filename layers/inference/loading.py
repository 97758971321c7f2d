"""The engine of a model's folder, with what runs before it, as ``metadata.json`` describes both."""

from pathlib import Path

from inference.digests import digest_of, require_digest, sha256
from inference.engines import LoadedEngine, load_engine
from inference.errors import BrokenModelError
from inference.files import read_file, require_plain_folder
from inference.metadata import METADATA, Metadata


def load_described(folder: Path, metadata: Metadata, *, check_digest: bool) -> LoadedEngine:
    """The engine that runs the described signatures. Raises :class:`BrokenModelError`."""
    try:
        engine = _load(folder, metadata, check_digest=check_digest)
    except BrokenModelError as error:
        if str(error).startswith(f"{folder.name}: "):
            raise
        raise BrokenModelError(f"{folder.name}: {error}") from error
    missing = sorted(metadata.signatures.keys() - engine.signatures.keys())
    if missing:
        raise BrokenModelError(
            f"{folder.name}: {METADATA} describes the signatures {missing}, which "
            f"{metadata.file} does not have"
        )
    return engine


def _load(folder: Path, metadata: Metadata, *, check_digest: bool) -> LoadedEngine:
    expected = metadata.served_sha256 if check_digest else None
    engine = load_engine(
        *(metadata.engine, folder / metadata.file, expected),
        allow_code=metadata.allow_code,
        described=metadata.signatures,
    )
    before = metadata.preprocessing
    if before is None:
        return engine
    # Most models have none, and it takes a thirtieth of a start.
    from inference.engines.preprocessed import load_preprocessed  # noqa: PLC0415

    expected = before.sha256 if check_digest else None
    return load_preprocessed(folder / before.file, expected, engine, metadata.signatures)


def require_digests(folder: Path, metadata: Metadata) -> None:
    """Raise :class:`BrokenModelError` for a file that is not the described one."""
    if metadata.served_sha256 is not None:
        path = folder / metadata.file
        if metadata.engine == "tensorflow":
            require_plain_folder(path)
        require_digest(path.name, digest_of(path), metadata.served_sha256)
    before = metadata.preprocessing
    if before is not None:
        require_digest(before.file, sha256(read_file(folder / before.file)), before.sha256)
