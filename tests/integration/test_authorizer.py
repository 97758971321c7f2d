"""The API key's authorizer against moto's Secrets Manager and Parameter Store, over HTTP."""

import sys
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from functions.authorizer import handler
from inference.settings import settings
from tests.processes import free_port, running, wait_until_answering

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
KEY = "a key of our own"  # pragma: allowlist secret


@pytest.fixture(scope="module", params=["secretsmanager", "ssm"])
def key_arn(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    port = free_port()
    log = tmp_path_factory.mktemp("keys") / "log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, log) as process, pytest.MonkeyPatch.context() as patch:
        wait_until_answering(f"http://127.0.0.1:{port}", process, log)
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = botocore.session.get_session().create_client(request.param)
        if request.param == "ssm":
            client.put_parameter(Name="/names/key", Value=KEY, Type="SecureString")
            arn = client.get_parameter(Name="/names/key")["Parameter"]["ARN"]
        else:
            arn = client.create_secret(Name="names/key", SecretString=KEY)["ARN"]
        client.close()
        patch.setattr(handler, "settings", settings.model_copy(update={"api_key_arn": arn}))
        yield arn


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"x-api-key": KEY}, True),
        ({"x-api-key": KEY[:-1]}, False),
        ({"x-api-key": ""}, False),
        ({"x-api-key": "schlüssel"}, False),  # pragma: allowlist secret
        ({}, False),
    ],
)
def test_only_the_key_is_let_in(key_arn: str, headers: dict[str, str], *, allowed: bool) -> None:
    context: Any = None
    assert handler.lambda_handler({"headers": headers}, context) == {"isAuthorized": allowed}
