"""Objects in S3, by botocore alone. ``AWS_ENDPOINT_URL_S3`` points it elsewhere, as in tests."""

import gzip
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

_PRESIGNED_SECONDS = 3600


class Bucket:
    """One bucket. What S3 refuses is raised as botocore's ``ClientError``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, key: str) -> bytes | None:
        """The whole object, or None if there is none."""
        try:
            content: bytes = s3_client().get_object(Bucket=self.name, Key=key)["Body"].read()
        except s3_client().exceptions.ClientError as error:
            if _status(error) == HTTPStatus.NOT_FOUND:
                return None
            raise
        return content

    def lines(self, key: str) -> Iterator[bytes]:
        """The object's lines as they arrive; a key that ends in ``.gz`` is unpacked."""
        body = s3_client().get_object(Bucket=self.name, Key=key)["Body"]
        if key.endswith(".gz"):
            yield from gzip.GzipFile(fileobj=body)
        else:
            yield from body.iter_lines()

    def write(self, key: str, content: bytes) -> None:
        """Write the object. It replaces one of the same key."""
        s3_client().put_object(Bucket=self.name, Key=key, Body=content)

    def write_once(self, key: str, content: bytes) -> bool:
        """Write unless there is such an object. False if there is one, which then stays."""
        try:
            s3_client().put_object(Bucket=self.name, Key=key, Body=content, IfNoneMatch="*")
        except s3_client().exceptions.ClientError as error:
            if _status(error) in (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT):
                return False
            raise
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins with ``prefix``, in order."""
        pages = s3_client().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.name, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield entry["Key"]

    def address(self, key: str) -> str:
        """A URL that gives the object to whoever holds it, for an hour."""
        address: str = s3_client().generate_presigned_url(
            "get_object", {"Bucket": self.name, "Key": key}, ExpiresIn=_PRESIGNED_SECONDS
        )
        return address


def pack_lines(lines: list[str]) -> bytes:
    """Gzipped lines; the same lines are the same bytes, whenever they are packed."""
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def _status(error: Any) -> int:  # noqa: ANN401
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@cache
def s3_client() -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
    """S3 by the environment's credentials."""
    import botocore.session  # noqa: PLC0415 - takes 0.3 s, which only users of S3 need
    from botocore.config import Config  # noqa: PLC0415

    # By default botocore signs URLs in a way that S3 refuses for buckets made since 2020.
    signed = Config(signature_version="s3v4")
    return botocore.session.get_session().create_client("s3", config=signed)
