"""The API key, read from Secrets Manager or from SSM's Parameter Store, and kept for five minutes.

While the store does not answer, the last key stays in use. A key that the store says is deleted
does not.
"""

import logging
import time

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_SECONDS_BETWEEN_READS = 300
# The function has ten seconds, and a request waits meanwhile.
_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
_DELETED = {
    "InvalidRequestException",  # Secrets Manager: marked for deletion
    "ParameterNotFound",
    "ResourceNotFoundException",
}

_logger = logging.getLogger(__name__)  # powertools' takes 0.2 s to import


class MissingKeyError(Exception):
    """There is no key, so no request can be allowed. The text says what to do."""


class KeyCache:
    """The key that ``arn`` names."""

    def __init__(self, arn: str) -> None:
        self._arn = arn
        self._key: str | None = None
        self._next_read = 0.0

    def read(self) -> str:
        """The key; at most one try in five minutes to read it anew, once it is known.

        Raises :class:`MissingKeyError` where it is deleted or empty, and botocore's errors where
        it was never read.
        """
        now = time.monotonic()
        if self._key is None or now >= self._next_read:
            self._next_read = now + _SECONDS_BETWEEN_READS
            self._key = self._read_anew()
        return self._key

    def _read_anew(self) -> str:
        known, self._key = self._key, None
        try:
            key = _fetch(self._arn)
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _DELETED:
                raise MissingKeyError(
                    f"the API key is deleted, so every request is refused; create {self._arn}"
                ) from error
            if known is None:
                raise
            _logger.warning("the API key cannot be read; the last one stays in use: %s", error)
            return known
        if not key:
            raise MissingKeyError("the API key is empty, so every request is refused; store a key")
        return key


def _fetch(arn: str) -> str:
    session = botocore.session.get_session()
    _, _, service, region, *_ = arn.split(":")
    client = session.create_client(service, region_name=region or None, config=_CONFIG)
    if service == "secretsmanager":
        secret: str = client.get_secret_value(SecretId=arn).get("SecretString", "")
        return secret
    # By the ARN, which does not tell the name: `…:parameter/key` is the ARN of `key` and of `/key`.
    value: str = client.get_parameter(Name=arn, WithDecryption=True)["Parameter"]["Value"]
    return value
