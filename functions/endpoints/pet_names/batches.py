"""Batches of names in S3: the job writes them on the schedule, the API lists and reads them.

Parts are written first and a manifest last. So nobody reads half a batch. Parts lie beside the
folders of the batches: a folder is there once its manifest is, and a list of the folders is a list
of the finished batches. Seeds come from the name of the run: a repeated delivery, or a retry,
writes the same objects.
"""

import gzip
import hashlib
import json
from collections import deque
from http import HTTPStatus

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field

from functions.endpoints.pet_names.drawing import MODEL, draw_names
from functions.endpoints.pet_names.query import MOST_NAMES, NamesQuery, Species, Temperature
from functions.jobs import Manifest, Run
from functions.storage import Bucket, pack_lines

_FOLDER = "names/"
_PARTS = "names/parts/"
_FINISHED = "names/2"  # a run's name begins with its year, so this leaves out the parts
_MANIFEST = "manifest.json"
_LARGEST_INLINE = 1000  # names; of a larger batch the parts' addresses are answered


class NamesOptions(BaseModel):
    """What the schedule's input may say."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(default=10_000, ge=1, le=1_000_000)
    species: Species = None
    temperature: Temperature = 1.0


class NamesPart(BaseModel):
    """One object of gzipped JSON Lines, ``{"name": …}``."""

    key: str
    names: int


class NamesManifest(Manifest):
    """``manifest.json`` of a batch."""

    batch: str
    count: int
    species: str | None
    temperature: float
    model_version: int
    parts: list[NamesPart]

    @property
    def counts(self) -> dict[str, int]:
        """Names of the whole batch."""
        return {"NamesWritten": self.count}


class Batches(BaseModel):
    """Finished batches, the newest first."""

    batches: list[str]
    next: str | None = Field(default=None, description="Send it as `before` for older batches.")


class PartAddress(BaseModel):
    """Gzipped JSON Lines, at a URL that needs no credentials."""

    names: int
    url: str = Field(
        description="It works for an hour, or until the server's own credentials expire, if that "
        "is sooner. Ask for the batch again to get a new one."
    )


class BatchOfNames(BaseModel):
    """One batch: its names, or where its parts are if it is large."""

    batch: str
    count: int
    species: str | None
    temperature: float
    model_version: int
    names: list[str] | None = None
    parts: list[PartAddress] | None = None


def write_batch(options: NamesOptions, run: Run) -> NamesManifest:
    """Write ``names/parts/BATCH/part-00000.jsonl.gz`` …, and last ``names/BATCH/manifest.json``.

    Raises :class:`functions.jobs.OutOfTimeError` between parts. A retry draws the others alone.
    """
    bucket, folder = run.open_bucket(), f"{_PARTS}{run.name}/"
    manifest_key = f"{_FOLDER}{run.name}/{_MANIFEST}"
    finished = bucket.read(manifest_key)
    if finished is not None:
        return NamesManifest.model_validate_json(finished)
    version = run.models.describe(MODEL).version
    present = set(bucket.keys(folder))
    parts = []
    for number, start in enumerate(range(0, options.count, MOST_NAMES)):
        size = min(MOST_NAMES, options.count - start)
        key = f"{folder}part-{number:05}.jsonl.gz"
        if key not in present:
            run.clock.check(f"{start} of {options.count} names")
            query = NamesQuery(
                count=size,
                species=options.species,
                temperature=options.temperature,
                seed=_seed(run.name, number),
            )
            names = draw_names(run.models, query).names
            bucket.write(key, pack_lines([json.dumps({"name": name}) for name in names]))
        parts.append(NamesPart(key=key, names=size))
    manifest = NamesManifest(
        batch=run.name, model_version=version, parts=parts, **options.model_dump()
    )
    bucket.write_once(manifest_key, manifest.model_dump_json().encode())
    return manifest


def list_batches(bucket: Bucket, limit: int, before: str | None) -> Batches:
    """The finished batches, the newest first: so many of those before the named one.

    S3 lists the oldest first. So it is asked once for every thousand batches up to that one.
    """
    newest: deque[str] = deque(maxlen=limit + 1)
    for folder in bucket.folders(_FINISHED):
        name = folder.removeprefix(_FOLDER)
        if before is not None and name >= before:
            break
        newest.append(name)
    names = list(reversed(newest))
    return Batches(batches=names[:limit], next=names[limit - 1] if len(names) > limit else None)


def read_batch(bucket: Bucket, batch: str) -> BatchOfNames:
    """A finished batch. Raises ``HTTPException`` 404 if there is none of that name."""
    content = bucket.read(f"{_FOLDER}{batch}/{_MANIFEST}")
    if content is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no batch {batch}")
    manifest = NamesManifest.model_validate_json(content)
    described = manifest.model_dump(exclude={"parts"})
    if manifest.count > _LARGEST_INLINE:
        addresses = [
            PartAddress(names=part.names, url=bucket.address(part.key)) for part in manifest.parts
        ]
        return BatchOfNames(**described, parts=addresses)
    lines: list[bytes] = []
    for part in manifest.parts:
        packed = bucket.read(part.key)
        if packed is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"a part of batch {batch} is not there")
        lines += gzip.decompress(packed).splitlines()
    return BatchOfNames(**described, names=[json.loads(line)["name"] for line in lines])


def _seed(batch: str, part: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{batch}/{part}".encode()).digest()[:6])
