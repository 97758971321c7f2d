"""Pictures of a file of rows: a row names the object in S3 that holds its picture.

A text in the place of a declared image is ``s3://BUCKET/KEY``, or the key in the source's bucket.
A picture may also stand in the row itself, as ``{"b64": …}``.
"""

from functions.refusals import StorageError
from functions.storage import Bucket, split_address
from inference.errors import InvalidInputError, TooLargeError
from inference.metadata import Metadata
from inference.tensors import Json

_MOST_BYTES = 20_000_000  # of one picture; a photograph of 50 megapixels has as many


def with_pictures(row: Json, metadata: Metadata, bucket: Bucket) -> Json:
    """The row, with the bytes of each picture that it names.

    Raises :class:`InvalidInputError` for an object that is not there or must not be read, and
    :class:`TooLargeError`.
    """
    images = metadata.images
    if isinstance(row, str) and images and len(metadata.signature.inputs) == 1:
        return _read(row, bucket)
    if not isinstance(row, dict):
        return row
    return {
        name: _read(value, bucket) if name in images and isinstance(value, str) else value
        for name, value in row.items()
    }


def _read(address: str, bucket: Bucket) -> bytes:
    name, key = bucket.name, address
    if address.startswith("s3://"):
        name, key = split_address(address)
    try:
        content = Bucket(name).read(key, _MOST_BYTES + 1)
    except StorageError as error:
        raise InvalidInputError(str(error)) from error
    if content is None:
        raise InvalidInputError(f"there is no picture s3://{name}/{key}, or it may not be read")
    if len(content) > _MOST_BYTES:
        raise TooLargeError(f"the picture s3://{name}/{key} has more than {_MOST_BYTES} bytes")
    return content
