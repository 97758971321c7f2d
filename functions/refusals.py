"""What S3 refuses, as errors whose text says what to allow."""

from collections.abc import Iterator
from contextlib import contextmanager

_ACTIONS = {  # that a policy allows, by the operation of S3's interface
    "GetObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "ListObjectsV2": "s3:ListBucket",
}


class StorageError(Exception):
    """S3 does not do what was asked."""


class NoObjectError(StorageError):
    """There is no such object."""


class RefusedError(StorageError):
    """The role, the bucket's policy or the key's policy does not allow it."""


class HiddenObjectError(RefusedError):
    """Neither reading nor listing is allowed, so nobody can tell whether the object is there."""


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Raise :class:`StorageError` for what S3 refuses, and botocore's errors for all else."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - takes time; see `s3_client`

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code == "NoSuchKey":
            raise NoObjectError(f"{address} is not there") from error
        if code == "NoSuchBucket":
            raise StorageError(f"{address}: there is no bucket of that name") from error
        if code == "AccessDenied":
            action = _ACTIONS.get(error.operation_name, error.operation_name)
            message = error.response["Error"].get("Message", code)
            raise RefusedError(
                f"S3 refuses {action} on {address} ({message}): allow it to this function's role; "
                "the stack's parameters SourceBucket and TargetBucket do for buckets of your own"
            ) from error
        raise
