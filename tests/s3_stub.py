"""S3 as AWS documents it where moto is more lenient: permissions, and regions.

It answers what botocore would send, so that hosts and signatures are those of the real service.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from botocore.awsrequest import AWSResponse

from functions import storage
from tests.aws import use_credentials
from tests.buckets import forget_clients

_MOST_KEYS = 1000  # of one answer to ListObjectsV2


class Request:
    """What botocore sends."""

    def __init__(self, prepared: Any) -> None:
        url = urlsplit(prepared.url)
        self.method: str = prepared.method
        self.host = url.netloc
        self.path = unquote(url.path)
        self.query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.body = _content(prepared.body)
        self.signature: str = prepared.headers["Authorization"].decode()


class Answer:
    """What S3 answers."""

    def __init__(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.status = status
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _content(body: Any) -> bytes:
    """What is sent. A stream comes as one chunk here, behind its size and before its checksum."""
    if not hasattr(body, "read"):
        return body or b""
    size, _, rest = body.read().partition(b"\r\n")
    content: bytes = rest[: int(size, 16)]
    return content


def error(status: int, code: str, message: str = "", more: str = "", **headers: str) -> Answer:
    """An error of S3, in its XML."""
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>{more}</Error>"
    return Answer(status, body.encode(), **headers)


def denied(action: str) -> Answer:
    """Whoever may not: S3 says so, also of what is not there."""
    message = f"User: arn:aws:sts::1:assumed-role/r is not authorized to perform: {action}"
    return error(403, "AccessDenied", message)


def listing(request: Request, keys: Iterable[str]) -> Answer:
    """ListObjectsV2 of these keys: prefix, delimiter, and pages of a thousand entries."""
    prefix, delimiter = request.query.get("prefix", ""), request.query.get("delimiter")
    entries: dict[str, str] = {}
    for key in sorted(key for key in keys if key.startswith(prefix)):
        rest = key.removeprefix(prefix)
        if delimiter and delimiter in rest:
            folder = escape(prefix + rest.split(delimiter)[0] + delimiter)
            entries[folder] = f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>"
        else:
            entries[key] = f"<Contents><Key>{escape(key)}</Key><Size>1</Size></Contents>"
    after = request.query.get("continuation-token", "")
    left = [name for name in entries if name > after]
    page: Sequence[str] = left[:_MOST_KEYS]
    more = len(left) > len(page)
    token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
    body = (
        f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}"
        f"{''.join(entries[name] for name in page)}</ListBucketResult>"
    )
    return Answer(200, body.encode())


@contextmanager
def stubbed(
    patch: pytest.MonkeyPatch, answer: Callable[[Request], Answer], region: str = "eu-central-1"
) -> Iterator[list[Request]]:
    """Every request of :mod:`functions.storage`, which ``answer`` answers in place of S3."""
    use_credentials(patch)
    patch.setenv("AWS_DEFAULT_REGION", region)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        patch.delenv(name, raising=False)
    requests: list[Request] = []

    def send(request: Any, **_: Any) -> AWSResponse:
        requests.append(Request(request))
        answered = answer(requests[-1])
        return AWSResponse(request.url, answered.status, answered.headers, _Body(answered.body))

    forget_clients()
    client = storage.s3_client()
    client.meta.events.register("before-send.s3", send)
    try:
        yield requests
    finally:
        forget_clients()
        client.close()
