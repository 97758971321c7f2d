"""Objects in S3, by botocore alone. ``AWS_ENDPOINT_URL_S3`` points it elsewhere, as in tests."""

import gzip
import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from io import BufferedReader
from typing import Any

from functions.lines import DamagedSourceError, read_packed_lines, read_plain_lines
from functions.refusals import HiddenObjectError, NoObjectError, RefusedError, explained
from inference.telemetry import logger

_PRESIGNED_SECONDS = 3600
# Of AWS's own addresses, in every partition; an emulator has another one.
_REGIONAL_HOST = re.compile(r"^https://s3[.-]")


class Bucket:
    """One bucket. What S3 refuses is raised as :class:`functions.refusals.StorageError`.

    It may be in any region: botocore asks S3 which one it is, and asks again there.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, key: str, most_bytes: int | None = None) -> bytes | None:
        """The object, or its first ``most_bytes``; None if there is none.

        Where S3 does not let anybody tell, that is None as well, and the log says what to allow.
        """
        try:
            content: bytes = self._open(key).read(most_bytes)
        except NoObjectError:
            return None
        except HiddenObjectError as error:
            logger.error(str(error))
            return None
        return content

    def lines(self, key: str, longest: int) -> Iterator[bytes | None]:
        """The object's lines as they arrive; a key that ends in ``.gz`` is unpacked.

        None stands in place of a line of more than ``longest`` bytes. Raises
        :class:`functions.lines.DamagedSourceError`.
        """
        stream = BufferedReader(self._open(key))
        read = read_packed_lines if key.endswith(".gz") else read_plain_lines
        try:
            yield from read(stream, longest)
        except DamagedSourceError as error:
            raise DamagedSourceError(f"{self._at(key)}: {error}") from error

    def write(self, key: str, content: bytes) -> None:
        """Write the object. It replaces one of the same key."""
        with explained(self._at(key)):
            s3_client().put_object(Bucket=self.name, Key=key, Body=content)

    def write_once(self, key: str, content: bytes) -> bool:
        """Write unless there is such an object. False if there is one, which then stays."""
        try:
            with explained(self._at(key)):
                s3_client().put_object(Bucket=self.name, Key=key, Body=content, IfNoneMatch="*")
        except s3_client().exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status in (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT):
                return False
            raise
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins with ``prefix``, in order."""
        for page in self._pages(prefix):
            for entry in page.get("Contents", []):
                yield entry["Key"]

    def folders(self, prefix: str) -> Iterator[str]:
        """Every folder whose path begins with ``prefix``, in order. S3 is asked once a thousand.

        What lies in a folder costs nothing, because S3 counts the folder alone.
        """
        for page in self._pages(prefix, Delimiter="/"):
            for entry in page.get("CommonPrefixes", []):
                yield entry["Prefix"].removesuffix("/")

    def address(self, key: str) -> str:
        """A URL that gives the object to whoever holds it.

        It works for an hour, or until the credentials of the function expire, if that is sooner.
        """
        # botocore signs an address for the region of its client, whatever the bucket's is.
        address: str = s3_client(region_of(self.name)).generate_presigned_url(
            "get_object", {"Bucket": self.name, "Key": key}, ExpiresIn=_PRESIGNED_SECONDS
        )
        return address

    def _open(self, key: str) -> Any:  # noqa: ANN401 - botocore's stream
        """The content of the object. Raises :class:`NoObjectError`, :class:`RefusedError`.

        S3 also refuses to read what is not there, unless the role may list the whole bucket.
        Therefore the list decides which of the two it is.
        """
        try:
            with explained(self._at(key)):
                return s3_client().get_object(Bucket=self.name, Key=key)["Body"]
        except RefusedError as error:
            if self._is_there(key, error):
                raise
            raise NoObjectError(f"{self._at(key)} is not there") from error

    def _is_there(self, key: str, refusal: RefusedError) -> bool:
        try:
            return next(self.keys(key), None) == key  # a longer key comes after it
        except RefusedError as error:
            raise HiddenObjectError(f"{refusal}. Or it is not there, but {error}") from error

    def _pages(self, prefix: str, **more: str) -> Iterator[dict[str, Any]]:
        pages = s3_client().get_paginator("list_objects_v2")
        with explained(self._at(prefix)):
            yield from pages.paginate(Bucket=self.name, Prefix=prefix, **more)

    def _at(self, key: str) -> str:
        return f"s3://{self.name}/{key}"


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


@cache
def region_of(bucket: str) -> str | None:
    """The bucket's region, which S3 tells everybody; None where an emulator does not."""
    try:
        response = s3_client().head_bucket(Bucket=bucket)
    except s3_client().exceptions.ClientError as error:
        response = error.response
    region: str | None = response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    return region


@cache
def s3_client(region: str | None = None) -> Any:  # noqa: ANN401 - botocore makes its methods at run time
    """S3 by the environment's credentials, in the environment's region or another one."""
    import botocore.session  # noqa: PLC0415 - takes 0.3 s, which only users of S3 need

    session = botocore.session.get_session()
    client = session.create_client("s3", region, config=_config("virtual"))
    if not _REGIONAL_HOST.match(client.meta.endpoint_url):
        client.close()
        # An emulator's host has no subdomain for each bucket.
        client = session.create_client("s3", region, config=_config("path"))
    return client


def _config(style: str) -> Any:  # noqa: ANN401 - botocore has no types
    from botocore.config import Config  # noqa: PLC0415 - see above

    # By default botocore signs URLs in a way that S3 refuses for buckets made since 2020, for the
    # host of us-east-1, which refuses those of other regions. With dots in its name a bucket is
    # still a part of the path: a certificate holds for one subdomain.
    regional = {"addressing_style": style, "us_east_1_regional_endpoint": "regional"}
    return Config(signature_version="s3v4", s3=regional)
