"""`make smoke` and who may call: keys, tokens, signatures. None of them is printed."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from scripts.smoke import parse_arguments
from scripts.smoking.address import Address, UsageError
from scripts.smoking.credentials import choose
from tests.aws import emulated, use_credentials
from tests.fronts import Asked, Given, behind, front
from tests.smoke_command import Smoke

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
KEY = "a-key-of-no-address"  # pragma: allowlist secret


def wants(server: str, header: str, value: str, status: int = 403) -> Callable[[Asked], Given]:
    """The server behind API Gateway, which repeats the header where it refuses it."""

    def ask(asked: Asked) -> Given:
        sent = asked.headers.get(header, "")
        if sent == value:
            return behind(server)(asked)
        message = {"message": f"Forbidden {sent}"}
        return Given(status if sent else 401, json.dumps(message).encode())

    return ask


def test_a_key_of_the_environment_is_sent_and_never_shown(
    server: str, smoke: Smoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMOKE_API_KEY", f"{KEY}\n")
    with front(wants(server, "x-api-key", KEY)) as address:
        assert smoke(address).status == 0
        monkeypatch.setenv("SMOKE_API_KEY", "another")
        monkeypatch.setenv("MINE", KEY)
        assert smoke(address, "--api-key-env=MINE").status == 0
        refused = smoke(address)
    assert refused.status == 2
    assert "the API key was refused" in refused.err
    assert "another" not in refused.err + refused.out


def test_an_address_that_wants_a_key_says_which_options_pass_one(server: str, smoke: Smoke) -> None:
    with front(wants(server, "x-api-key", KEY)) as address:
        outcome = smoke(address)
    assert outcome.status == 2
    for option in ("--api-key-secret", "--api-key-env", "--bearer-env", "--iam"):
        assert option in outcome.err


def test_a_token_is_sent_as_bearer(
    server: str, smoke: Smoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "e.y.J")
    with front(wants(server, "authorization", "Bearer e.y.J")) as address:
        assert smoke(address, "--bearer-env=TOKEN").status == 0


def test_a_key_that_a_server_repeats_is_hidden(
    server: str, smoke: Smoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMOKE_API_KEY", KEY)

    def ask(asked: Asked) -> Given:
        body = json.dumps({"error": f"key {asked.headers['x-api-key']}"}).encode()
        return Given(500, body) if asked.path == "/v2" else behind(server)(asked)

    with front(ask) as address:
        outcome = smoke(address)
    assert outcome.status == 1
    assert outcome.differences["GET /v2"].startswith("500 (key ***)")
    assert KEY not in outcome.out + outcome.err + json.dumps(outcome.report)


def test_a_key_is_read_from_the_store_of_the_arn_and_its_region(
    server: str, smoke: Smoke, tmp_path: Path
) -> None:
    import botocore.session  # noqa: PLC0415 - with the emulator's environment

    with emulated(tmp_path / "log"), front(wants(server, "x-api-key", KEY)) as address:
        session = botocore.session.get_session()
        client = session.create_client("secretsmanager", "eu-west-1")
        arn = client.create_secret(Name="key", SecretString=KEY)["ARN"]
        assert smoke(address, f"--api-key-secret={arn}").status == 0
        session.create_client("ssm", "eu-west-1").put_parameter(
            Name="/a/key", Value=KEY, Type="SecureString"
        )
        parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter/a/key"
        assert smoke(address, f"--api-key-secret={parameter}").status == 0
        missing = smoke(address, f"--api-key-secret={arn.replace('eu-west-1', 'eu-west-3')}")
    assert missing.status == 2
    assert "the API key cannot be read from arn:aws:" in missing.err


def signature_of(asked: Asked, secret: str) -> str:
    """Signature Version 4, by AWS's documentation of it and by nothing of botocore."""
    authorization = asked.headers["authorization"]
    parts = dict(part.split("=", 1) for part in authorization.split(" ", 1)[1].split(", "))
    _, date, region, service, end = parts["Credential"].split("/")
    path, _, query = asked.path.partition("?")
    signed = parts["SignedHeaders"].split(";")
    canonical = "\n".join(
        [
            asked.method,
            quote(path, safe="/-_.~"),
            "&".join(sorted(query.split("&"))),
            *(f"{name}:{asked.headers[name].strip()}" for name in signed),
            "",
            parts["SignedHeaders"],
            hashlib.sha256(asked.body).hexdigest(),
        ]
    )
    scope = f"{date}/{region}/{service}/{end}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{asked.headers['x-amz-date']}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for word in (date, region, service, end):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    assert {"host", "x-amz-date"} <= set(signed)
    assert (region, service) == ("eu-north-1", "execute-api")
    assert parts["Signature"] == hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return parts["Signature"]


def test_requests_are_signed_for_api_gateway(
    server: str, smoke: Smoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_credentials(monkeypatch)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session")
    seen: list[str] = []
    lock = threading.Lock()

    def ask(asked: Asked) -> Given:
        try:
            with lock:
                seen.append(signature_of(asked, "test"))
        except (AssertionError, KeyError) as error:
            return Given(403, json.dumps({"message": repr(error)}).encode())
        assert asked.headers["x-amz-security-token"] == "a-session"  # pragma: allowlist secret
        return behind(server)(asked)

    with front(ask) as address:
        outcome = smoke(address, "--iam", "--region=eu-north-1")
        elsewhere = smoke(address, "--iam", "--region=us-east-1")
    assert outcome.status == 0, outcome.out
    assert len(seen) == outcome.report["requests"]
    assert elsewhere.status == 2
    assert "is --region the API's" in elsewhere.err


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("abc.execute-api.eu-west-1.amazonaws.com", "eu-west-1/execute-api"),
        ("abc.execute-api.cn-north-1.amazonaws.com.cn", "cn-north-1/execute-api"),
        ("abc.execute-api.us-gov-west-1.amazonaws.com", "us-gov-west-1/execute-api"),
        ("abc.lambda-url.eu-west-1.on.aws", "eu-west-1/lambda"),
        ("api.example.com", "us-east-1/execute-api"),  # the region of the environment
    ],
)
def test_the_region_is_that_of_the_host(
    monkeypatch: pytest.MonkeyPatch, host: str, scope: str
) -> None:
    use_credentials(monkeypatch)
    options = parse_arguments([f"https://{host}", "--iam"])
    credentials = choose(options, Address("https", host, 443))
    headers = credentials.sign("GET", f"https://{host}/health", {}, b"")
    assert f"/{scope}/aws4_request" in headers["Authorization"]


def test_a_key_does_not_travel_unencrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOKE_API_KEY", KEY)
    options = parse_arguments(["http://api.example.com"])
    with pytest.raises(UsageError, match="is not encrypted"):
        choose(options, Address("http", "api.example.com", 80))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--api-key-env=NOT_SET"], "NOT_SET is not set"),
        (["--bearer-env=TWO_LINES"], "TWO_LINES holds no text that a header can carry"),
        (["--api-key-secret=a-key"], "takes the ARN of a secret"),
        (["--region=eu-west-1"], "--region is of --iam"),
        (["--iam"], "AWS credentials were not found"),
        (["--iam", "--bearer-env=TOKEN"], "not allowed with"),
    ],
)
def test_wrong_options_are_a_sentence(
    smoke: Smoke,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    expected: str,
) -> None:
    monkeypatch.setenv("TWO_LINES", f"{KEY}\n{KEY}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    outcome = smoke("http://127.0.0.1:9", *arguments)
    assert outcome.status == 2
    assert expected in outcome.err
    assert KEY not in outcome.err
