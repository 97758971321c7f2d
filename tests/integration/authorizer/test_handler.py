"""The API key's authorizer against moto's Secrets Manager and Parameter Store, over HTTP."""

from collections.abc import Iterator
from types import ModuleType

import botocore.session
import pytest

from tests.aws import context, emulated, started

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
KEY = "a key of our own"  # pragma: allowlist secret


@pytest.fixture(scope="module", params=["secretsmanager", "ssm"])
def handler(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ModuleType]:
    """The authorizer's module, started with the key's place in its environment."""
    with emulated(tmp_path_factory.mktemp("keys") / "log") as patch:
        client = botocore.session.get_session().create_client(request.param)
        if request.param == "ssm":
            client.put_parameter(Name="/names/key", Value=KEY, Type="SecureString")
            arn = client.get_parameter(Name="/names/key")["Parameter"]["ARN"]
        else:
            arn = client.create_secret(Name="names/key", SecretString=KEY)["ARN"]
        client.close()
        yield started(patch, "authorizer", API_KEY_ARN=arn)


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
def test_only_the_key_is_let_in(
    handler: ModuleType, headers: dict[str, str], *, allowed: bool
) -> None:
    answer = handler.lambda_handler({"headers": headers}, context("AuthorizerFunction"))
    assert answer == {"isAuthorized": allowed}


@pytest.mark.parametrize("environment", [{}, {"API_KEY_ARN": ""}])
def test_it_does_not_start_without_a_key(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("API_KEY_ARN", raising=False)
    with pytest.raises(ValueError, match="API_KEY_ARN"):
        started(monkeypatch, "authorizer", **environment)
