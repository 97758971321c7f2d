"""Objects in S3, by botocore alone. ``AWS_ENDPOINT_URL_S3`` points it elsewhere, as in tests."""

import gzip
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from io import BufferedReader
from typing import Any

from functions.lines import DamagedSourceError, read_packed_lines, read_plain_lines

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

    def lines(self, key: str, longest: int) -> Iterator[bytes | None]:
        """The object's lines as they arrive; a key that ends in ``.gz`` is unpacked.

        None stands in place of a line of more than ``longest`` bytes. Raises
        :class:`functions.lines.DamagedSourceError`.
        """
        stream = BufferedReader(s3_client().get_object(Bucket=self.name, Key=key)["Body"])
        read = read_packed_lines if key.endswith(".gz") else read_plain_lines
        try:
            yield from read(stream, longest)
        except DamagedSourceError as error:
            raise DamagedSourceError(f"s3://{self.name}/{key}: {error}") from error

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


def split_address(address: str) -> tuple[str, str]:
    """The bucket and the key of ``s3://BUCKET/KEY``.

    S3's keys hold any character as it is. ``#``, ``?`` and ``%`` are parts of a key.

    >>> split_address("s3://flowers/in/what? 100%.jsonl")
    ('flowers', 'in/what? 100%.jsonl')
    """
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key


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
