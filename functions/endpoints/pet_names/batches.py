"""Batches of names in S3: the job writes them on the schedule, the API lists and reads them.

Parts are written first and a manifest last. So nobody reads half a batch. Seeds come from the
name of the run: a repeated delivery, or a retry, writes the same objects.
"""

import gzip
import hashlib
import json
from http import HTTPStatus

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field

from functions.endpoints.pet_names.drawing import MODEL, draw_names
from functions.endpoints.pet_names.query import MOST_NAMES, NamesQuery, Species, Temperature
from functions.jobs import Manifest, Run
from functions.storage import Bucket, pack_lines

_FOLDER = "names/"
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


class PartAddress(BaseModel):
    """Gzipped JSON Lines, at a URL that is good for an hour."""

    names: int
    url: str


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
    """Write ``names/BATCH/part-00000.jsonl.gz`` and so on, and last ``manifest.json``.

    Raises :class:`functions.jobs.OutOfTimeError` between parts. A retry draws the others alone.
    """
    bucket, folder = run.open_bucket(), f"{_FOLDER}{run.name}/"
    finished = bucket.read(folder + _MANIFEST)
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
    bucket.write_once(folder + _MANIFEST, manifest.model_dump_json().encode())
    return manifest


def list_batches(bucket: Bucket) -> list[str]:
    """Names of the finished batches, the newest first."""
    keys = [key for key in bucket.keys(_FOLDER) if key.endswith(f"/{_MANIFEST}")]
    return [key.split("/")[1] for key in reversed(keys)]


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
    parts = [gzip.decompress(bucket.read(part.key) or b"") for part in manifest.parts]
    lines = b"".join(parts).splitlines()
    return BatchOfNames(**described, names=[json.loads(line)["name"] for line in lines])


def _seed(batch: str, part: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{batch}/{part}".encode()).digest()[:6])
