"""A bucket of the emulated S3, and what lies in it."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session

from functions import storage

BUCKET = "batches"


def forget_clients() -> None:
    """The next client is made from the environment as it is then."""
    storage.s3_client.cache_clear()
    storage.region_of.cache_clear()


@contextmanager
def bucket() -> Iterator[Any]:
    """A client of S3 with an empty bucket, for whom :mod:`functions.storage` writes to."""
    forget_clients()
    client = botocore.session.get_session().create_client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield client
    forget_clients()
    client.close()


def contents(s3: Any, prefix: str) -> dict[str, bytes]:
    """Objects by what follows the prefix in their keys."""
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {
        entry["Key"].removeprefix(prefix): s3.get_object(Bucket=BUCKET, Key=entry["Key"])[
            "Body"
        ].read()
        for entry in listed
    }


def rows(content: bytes) -> list[Any]:
    """The values of gzipped JSON Lines."""
    return [json.loads(line) for line in gzip.decompress(content).splitlines()]
