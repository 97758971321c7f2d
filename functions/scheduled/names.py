"""A batch of names in S3: parts first, a manifest last, so that nobody reads half a batch.

Seeds come from the scheduled time: a delivery repeated, or a retry, writes the same objects.
"""

import hashlib
import json
from typing import Any

from functions.pet_names import MODEL, draw_names
from functions.scheduled.clock import Clock
from functions.storage import Bucket, pack_lines
from inference.models import served_models

FOLDER = "names/"
MANIFEST = "manifest.json"
_NAMES_OF_A_PART = 1000  # what the model takes at once


def write_names(
    bucket: Bucket,
    batch: str,
    *,
    count: int,
    species: str | None,
    temperature: float,
    clock: Clock,
) -> dict[str, Any]:
    """Write ``names/BATCH/part-00000.jsonl.gz`` … and ``manifest.json``, which is returned.

    Raises ``OutOfTimeError`` between parts; the parts written are not drawn again.
    """
    folder = f"{FOLDER}{batch}/"
    finished = bucket.read(folder + MANIFEST)
    if finished is not None:
        known: dict[str, Any] = json.loads(finished)
        return known
    version = served_models().get(MODEL).metadata.version
    written = set(bucket.keys(folder))
    parts = []
    for number, start in enumerate(range(0, count, _NAMES_OF_A_PART)):
        names_of_part = min(_NAMES_OF_A_PART, count - start)
        key = f"{folder}part-{number:05}.jsonl.gz"
        if key not in written:
            clock.check(f"{start} of {count} names")
            seed = _seed(batch, number)
            names = draw_names(names_of_part, temperature, species, seed=seed).names
            bucket.write(key, pack_lines([json.dumps({"name": name}) for name in names]))
        parts.append({"key": key, "names": names_of_part})
    manifest = {
        "batch": batch,
        "count": count,
        "species": species,
        "temperature": temperature,
        "model_version": version,
        "parts": parts,
    }
    bucket.write_once(folder + MANIFEST, json.dumps(manifest).encode())
    return manifest


def _seed(batch: str, part: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{batch}/{part}".encode()).digest()[:6])
