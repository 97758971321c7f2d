"""How a request says who sends it: a key, a token, or a signature. None of them is ever printed.

A key is never an argument, because a list of processes shows arguments.
"""

import argparse
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from scripts.smoking.address import Address, UsageError

DEFAULT_KEY = "SMOKE_API_KEY"
_CONFIG = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3})
_ARN = re.compile(r"arn:aws[a-z-]*:(secretsmanager|ssm):([a-z0-9-]+):\d{12}:(secret:|parameter/)")
# A signature is of a service: API Gateway's hosts name one, a function's own address the other.
_SERVICES = re.compile(r"\.(execute-api|lambda-url)\.([a-z0-9-]+)\.")
_FEWEST = 4  # signs of a secret that is blotted out; shorter ones stand in other words

Headers = Mapping[str, str]
Sign = Callable[[str, str, Headers, bytes], dict[str, str]]  # method, address, headers, body


@dataclass(frozen=True)
class Credentials:
    """``sign`` gives a request's headers with what proves the caller; ``kind`` is its name."""

    kind: str
    sign: Sign
    secret: str = ""

    def hide(self, text: str) -> str:
        """The text without the secret, which a server may have repeated."""
        return text.replace(self.secret, "***") if len(self.secret) >= _FEWEST else text


def add_arguments(arguments: argparse.ArgumentParser) -> None:
    """The options, of which one may be given."""
    group = arguments.add_mutually_exclusive_group()
    group.add_argument(
        "--api-key-env",
        metavar="NAME",
        help=f"the environment variable that holds the API key (default: {DEFAULT_KEY}, if set)",
    )
    group.add_argument(
        "--api-key-secret",
        metavar="ARN",
        help="read the API key from Secrets Manager, or from SSM's Parameter Store; the stack's "
        "output ApiKeyArn",
    )
    group.add_argument(
        "--bearer-env", metavar="NAME", help="the environment variable that holds a JWT"
    )
    group.add_argument(
        "--iam", action="store_true", help="sign with AWS credentials, as for Callers=iam"
    )
    arguments.add_argument(
        "--region", help="with --iam: the API's region, where the host does not name it"
    )


def choose(options: argparse.Namespace, address: Address) -> Credentials:
    """The credentials that the options name. Raises :class:`UsageError`."""
    chosen = _choose(options, address)
    if chosen.secret and address.scheme == "http" and not address.is_loopback:
        raise UsageError(
            f"{address} is not encrypted, so the {chosen.kind} would be readable on its way: "
            "use an https:// address"
        )
    return chosen


def _choose(options: argparse.Namespace, address: Address) -> Credentials:
    if options.iam:
        return _signed(options.region, address)
    if options.region:
        raise UsageError("--region is of --iam: give both or none")
    if options.bearer_env:
        token = _from_environment(options.bearer_env)
        return _in_header("JWT", "authorization", f"Bearer {token}", token)
    if options.api_key_secret:
        key = _usable(_from_store(options.api_key_secret), options.api_key_secret)
        return _in_header("API key", "x-api-key", key, key)
    if options.api_key_env or os.environ.get(DEFAULT_KEY):
        key = _from_environment(options.api_key_env or DEFAULT_KEY)
        return _in_header("API key", "x-api-key", key, key)
    return Credentials("none", lambda _method, _url, headers, _body: dict(headers))


def _in_header(kind: str, name: str, value: str, secret: str) -> Credentials:
    return Credentials(kind, lambda _method, _url, headers, _body: {**headers, name: value}, secret)


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise UsageError(f"the environment variable {name} is not set, or is empty")
    return _usable(value, name)


def _usable(value: str, place: str) -> str:
    """Without the line's end that files have. What no header may hold is refused, unseen."""
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable():
        raise UsageError(f"{place} holds no text that a header can carry: expected printable ASCII")
    return value


def _from_store(arn: str) -> str:
    found = _ARN.match(arn)
    if not found:
        raise UsageError(
            "--api-key-secret takes the ARN of a secret or of a parameter, such as "
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:name-AbCdEf"
        )
    service, region, _ = found.groups()
    try:
        client = botocore.session.get_session().create_client(service, region, config=_CONFIG)
        if service == "secretsmanager":
            return str(client.get_secret_value(SecretId=arn).get("SecretString", ""))
        answer = client.get_parameter(Name=arn, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    except (BotoCoreError, ClientError) as error:
        raise UsageError(f"the API key cannot be read from {arn}: {error}") from error


def _signed(region: str | None, address: Address) -> Credentials:
    session = botocore.session.get_session()
    named = _SERVICES.search(address.host)
    try:
        region = region or (named and named[2]) or session.get_config_variable("region")
        credentials = session.get_credentials()
        if credentials:
            credentials.get_frozen_credentials()  # an expired session is told before the first use
    except BotoCoreError as error:
        raise UsageError(f"--iam: {error}") from error
    if not credentials:
        raise UsageError(
            "--iam: AWS credentials were not found: run `aws configure` or `aws sso login`, or set "
            "AWS_PROFILE"
        )
    if not region:
        raise UsageError(f"--iam: the host {address.host} names no region: add --region NAME")
    service = "lambda" if named and named[1] == "lambda-url" else "execute-api"

    def sign(method: str, url: str, headers: Headers, body: bytes) -> dict[str, str]:
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
        # Frozen at each request: credentials of a role are renewed while this runs.
        SigV4Auth(credentials.get_frozen_credentials(), service, region).add_auth(request)
        return dict(request.headers.items())

    return Credentials("signature", sign)
