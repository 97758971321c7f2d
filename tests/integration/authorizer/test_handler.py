"""The API key's authorizer against moto's Secrets Manager and Parameter Store, over HTTP."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from functions.authorizer import keys
from tests.aws import context, emulated, started, use_credentials
from tests.processes import free_port

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
KEY = "a key of our own"  # pragma: allowlist secret


@pytest.fixture(scope="module", params=["secretsmanager", "/names/key", "models-key"])
def handler(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ModuleType]:
    """The authorizer's module, started with the place of a secret, or of a parameter of SSM.

    A parameter has a path, such as ``/names/key``, or a plain name.
    """
    with emulated(tmp_path_factory.mktemp("keys") / "log") as patch:
        session = botocore.session.get_session()
        if request.param == "secretsmanager":
            client = session.create_client("secretsmanager")
            arn = client.create_secret(Name="names/key", SecretString=KEY)["ARN"]
        else:
            client = session.create_client("ssm")
            client.put_parameter(Name=request.param, Value=KEY, Type="SecureString")
            arn = client.get_parameter(Name=request.param)["Parameter"]["ARN"]
        client.close()
        yield started(patch, "authorizer", API_KEY_ARN=arn)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"x-api-key": KEY}, True),
        ({"x-api-key": KEY[:-1]}, False),
        ({"x-api-key": ""}, False),
        ({"x-api-key": "schlüssel"}, False),  # pragma: allowlist secret
        ({"x-api-key": "\udce4\ud800"}, False),
        ({"x-api-key": [KEY]}, False),
        ({"x-api-key": None}, False),
        ({"x-api-key": KEY + "\0"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_only_the_key_is_let_in(handler: ModuleType, headers: Any, *, allowed: bool) -> None:
    answer = handler.lambda_handler({"headers": headers}, context("AuthorizerFunction"))
    assert answer == {"isAuthorized": allowed}


def test_an_event_without_headers_is_refused(handler: ModuleType) -> None:
    assert handler.lambda_handler({}, context("AuthorizerFunction")) == {"isAuthorized": False}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(keys, "time", clock)
    return clock


def allowed(handler: ModuleType) -> bool:
    answer = handler.lambda_handler({"headers": {"x-api-key": KEY}}, context("AuthorizerFunction"))
    return bool(answer["isAuthorized"])


def test_the_known_key_stays_while_the_store_is_away(
    handler: ModuleType,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(handler, "_keys", keys.KeyCache(handler.settings.api_key_arn))
    assert allowed(handler)
    with monkeypatch.context() as away:
        away.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        for period in (1, 2):
            clock.seconds = period * 300.0
            assert [allowed(handler) for _ in range(3)] == [True] * 3
            assert len(caplog.messages) == period
    assert "the API key cannot be read; the last one stays in use" in caplog.text
    assert KEY not in caplog.text
    clock.seconds = 900.0
    assert allowed(handler)
    assert len(caplog.messages) == 2


def test_a_key_that_was_never_read_is_asked_for_again(
    handler: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "_keys", keys.KeyCache(handler.settings.api_key_arn))
    with monkeypatch.context() as away:
        away.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        with pytest.raises(EndpointConnectionError):
            allowed(handler)
    assert allowed(handler)


@pytest.mark.parametrize("kind", ["secretsmanager:us-east-1:0:secret:gone", "ssm:::parameter/gone"])
def test_a_deleted_key_lets_nobody_in(
    handler: ModuleType, clock: Clock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    cache = keys.KeyCache(handler.settings.api_key_arn)
    monkeypatch.setattr(handler, "_keys", cache)
    assert allowed(handler)
    monkeypatch.setattr(cache, "_arn", f"arn:aws:{kind}")
    clock.seconds = 300.0
    for _ in range(2):
        with pytest.raises(keys.MissingKeyError, match="the API key is deleted"):
            allowed(handler)


@pytest.mark.parametrize("environment", [{}, {"API_KEY_ARN": ""}])
def test_it_does_not_start_without_a_key(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda logs the sentence, and answers no request."""
    monkeypatch.delenv("API_KEY_ARN", raising=False)
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    with pytest.raises(
        ValueError, match=r"^API_KEY_ARN.*Correct or unset this environment variable"
    ):
        started(monkeypatch, "authorizer", **environment)


@pytest.mark.parametrize(
    ("place", "operation", "asked", "answer"),
    [
        (
            "ssm:cn-north-1:000000000000:parameter/models-key",
            "get_parameter",
            {"Name": "ARN", "WithDecryption": True},
            {"Parameter": {"Name": "models-key", "Value": KEY}},
        ),
        (
            "secretsmanager:cn-north-1:000000000000:secret:models-key-abcdef",
            "get_secret_value",
            {"SecretId": "ARN"},  # pragma: allowlist secret
            {"SecretString": KEY},
        ),
    ],
)
def test_a_key_is_asked_for_by_its_whole_arn_in_its_own_region(
    place: str,
    operation: str,
    asked: dict[str, Any],
    answer: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The ARN of ``models-key`` is also the one of ``/models-key``: only SSM knows which it is."""
    arn = f"arn:aws-cn:{place}"
    use_credentials(monkeypatch)
    session = botocore.session.get_session()
    create, regions = session.create_client, []

    def create_stubbed(service: str, **options: Any) -> Any:
        client = create(service, **options)
        regions.append(client.meta.region_name)
        expected = {name: arn if value == "ARN" else value for name, value in asked.items()}
        stubber = Stubber(client)
        stubber.add_response(operation, answer, expected)
        stubber.activate()
        return client

    monkeypatch.setattr(session, "create_client", create_stubbed)
    monkeypatch.setattr(botocore.session, "get_session", lambda: session)
    assert keys.KeyCache(arn).read() == KEY
    assert regions == ["cn-north-1"]
