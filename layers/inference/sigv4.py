"""Signature Version 4 of requests to X-Ray. Its OTLP endpoint accepts no others."""

from functools import cached_property
from typing import Any

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from requests import PreparedRequest
from requests.auth import AuthBase


class XRaySignature(AuthBase):
    """Signs for one region, with the credentials of the function's role."""

    def __init__(self, region: str) -> None:
        self._region = region

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the headers. Raises botocore's ``NoCredentialsError``."""
        if self._credentials is None:
            raise NoCredentialsError
        headers = {"Content-Type": request.headers["Content-Type"]}
        unsigned = AWSRequest(request.method, request.url, headers=headers, data=request.body)
        frozen = self._credentials.get_frozen_credentials()
        SigV4Auth(frozen, "xray", self._region).add_auth(unsigned)
        request.headers.update(unsigned.headers.items())
        return request

    @cached_property
    def _credentials(self) -> Any:  # noqa: ANN401 - botocore has no types
        # Looked up on first use: those of the time of a SnapStart snapshot would expire.
        return botocore.session.get_session().get_credentials()
