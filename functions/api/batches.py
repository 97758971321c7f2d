"""The batches of names that the schedule wrote.

>>> httpx2.get("…/names/batches").json()
{"batches": ["20261123T130000Z"]}
"""

import gzip
import json
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from functions.scheduled.names import FOLDER, MANIFEST
from functions.storage import Bucket

_LARGEST_INLINE = 1000  # names; more are fetched from S3 itself


class Batches(BaseModel):
    """Finished batches, the newest first."""

    batches: list[str]


class Part(BaseModel):
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
    parts: list[Part] | None = None


def router_for(bucket: Bucket) -> APIRouter:
    """Routes that read this bucket."""
    router = APIRouter(prefix="/names/batches", tags=["pet names"])

    @router.get("", summary="Batches that the schedule wrote")
    async def list_batches(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Batches:
        """A batch is listed once it is whole."""
        found = await run_in_threadpool(lambda: list(bucket.keys(FOLDER)))
        batches = [key.split("/")[1] for key in found if key.endswith(f"/{MANIFEST}")]
        return Batches(batches=batches[::-1][:limit])

    @router.get("/{batch}", summary="One batch", response_model_exclude_none=True)
    async def read_batch(batch: Annotated[str, Path(pattern=r"^\d{8}T\d{6}Z$")]) -> BatchOfNames:
        """Its names, or the addresses of its parts."""
        return await run_in_threadpool(_read, bucket, batch)

    return router


def _read(bucket: Bucket, batch: str) -> BatchOfNames:
    content = bucket.read(f"{FOLDER}{batch}/{MANIFEST}")
    if content is None:
        raise HTTPException(404, f"no batch {batch}")
    manifest: dict[str, Any] = json.loads(content)
    parts = manifest.pop("parts")
    if manifest["count"] > _LARGEST_INLINE:
        addresses = [Part(names=one["names"], url=bucket.address(one["key"])) for one in parts]
        return BatchOfNames(**manifest, parts=addresses)
    lines = b"".join(gzip.decompress(bucket.read(one["key"]) or b"") for one in parts).splitlines()
    return BatchOfNames(**manifest, names=[json.loads(line)["name"] for line in lines])
