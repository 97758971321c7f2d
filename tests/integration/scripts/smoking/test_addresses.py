"""`make smoke` and addresses that are wrong, slow, busy, elsewhere, or no server of ours."""

import ssl
import subprocess
import time
from pathlib import Path

import pytest

from scripts.smoking.address import Address
from scripts.smoking.client import Client
from scripts.smoking.credentials import Credentials
from tests.fronts import Asked, Given, behind, front
from tests.processes import free_port
from tests.smoke_command import Smoke

OPEN = Credentials("none", lambda _method, _url, headers, _body: dict(headers))


def client_of(address: str, slept: list[float], timeout: float = 60) -> Client:
    port = int(address.rpartition(":")[2])
    return Client(Address("http", "127.0.0.1", port), OPEN, timeout, sleep=slept.append)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "URL is missing"),
        ("api.example.com", "must begin with http:// or https://"),
        ("ftp://api.example.com", "must begin with http:// or https://"),
        ("https://", "has no host"),
        ("https:///path", "has no host"),
        ("http://host:port", "cannot be read"),
        ("https://me:word@api.example.com", "a user or a password"),
        ("https://api.example.com/?a=b", "a query"),
        ("https://api.example.com/a b", "a space"),
    ],
)
def test_a_wrong_address_is_a_sentence(smoke: Smoke, url: str, expected: str) -> None:
    outcome = smoke(url)
    assert outcome.status == 2
    assert expected in outcome.err
    assert "word" not in outcome.err.replace("password", "")
    assert outcome.err.count("\n") == 1


def test_an_address_that_nobody_listens_at(smoke: Smoke) -> None:
    outcome = smoke(f"http://127.0.0.1:{free_port()}")
    assert outcome.status == 2
    assert "Connection refused" in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_folder_or_a_file_that_is_not_there(smoke: Smoke, server: str, tmp_path: Path) -> None:
    folder = smoke(server, models=tmp_path / "none")
    assert (folder.status, "is no folder" in folder.err) == (2, True)
    file = smoke(server, f"--json={tmp_path}/none/report.json")
    assert (file.status, "cannot be written" in file.err) == (2, True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Given(200, b"<html>", {"content-type": "text/html"}), "text/html that is no JSON"),
        (Given(200, b"\xff\x00", {}), "something that is no JSON"),
        (Given(200, b"[1]"), "of another form"),
        (Given(404, b'{"message": "Not Found"}'), "404 (Not Found)"),
        (
            Given(301, b"", {"location": "https://new.example.com/health"}),
            "URL=https://new.example.com\n",
        ),
        (Given(500, b'{"message": "Internal Server Error"}'), "500 (Internal Server Error)"),
    ],
)
def test_what_is_no_server_of_ours_is_a_sentence(smoke: Smoke, given: Given, expected: str) -> None:
    with front(lambda _: given) as address:
        outcome = smoke(address)
    assert outcome.status == 2
    assert expected in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_slow_answer_is_a_difference_and_many_of_them_end_the_run(
    smoke: Smoke, server: str
) -> None:
    def ask(asked: Asked) -> Given:
        if ":predict" in asked.path:
            time.sleep(2)
        return behind(server)(asked)

    with front(ask) as address:
        outcome = smoke(address, "--timeout=0.5", "--requests=0")
        stopped = smoke(address, "--timeout=0.5", "--requests=9")
    assert outcome.status == 1
    where = "iris/serving_default, V1, row 0"
    assert outcome.differences[where] == "no answer in 0.5 s"
    assert "3 requests in a row had no answer" in stopped.differences["stopped"]


def test_throttled_requests_wait_as_they_are_told(server: str) -> None:
    answers = [
        Given(429, b"{}", {"retry-after": "3"}),
        Given(429, b"{}", {}),  # API Gateway says nothing
        Given(503, b"{}", {"retry-after": "900"}),
        Given(503, b"{}", {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        Given(503, b"{}", {"retry-after": "soon"}),
        Given(200),
    ]
    slept: list[float] = []
    with front(lambda _: answers.pop(0)) as address:
        client = client_of(address, slept)
        assert client.send("GET", "/health").status == 200
    assert slept == [3, 2, 20, 0, 1]
    assert client.waits == 5


def test_what_stays_throttled_or_is_broken_is_told() -> None:
    slept: list[float] = []
    with front(lambda _: Given(429, b"{}", {"retry-after": "1"})) as address:
        assert client_of(address, slept).send("GET", "/").status == 429
    assert slept == [1] * 5
    with front(lambda _: Given(503)) as address:
        assert client_of(address, slept).send("GET", "/").status == 503
    assert len(slept) == 5


def test_a_redirect_carries_no_key_away(smoke: Smoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOKE_API_KEY", "a-key-of-no-address")
    elsewhere: list[Asked] = []

    def note(asked: Asked) -> Given:
        elsewhere.append(asked)
        return Given()

    with (
        front(note) as other,
        front(lambda _: Given(307, b"", {"location": f"{other}/health"})) as address,
    ):
        assert smoke(address).status == 2
    assert elsewhere == []


def test_a_loopback_is_asked_without_the_proxy_of_the_environment(
    smoke: Smoke, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert smoke(server).status == 0


def test_a_certificate_is_trusted_only_where_it_is_named(
    smoke: Smoke, server: str, tmp_path: Path
) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    names = ["subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out"]
    subprocess.run([*command.split(), *names, str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with front(behind(server), context) as address:
        assert address.startswith("https:")
        refused = smoke(address)
        assert smoke(address, f"--ca={certificate}").status == 0
        unencrypted = smoke(address.replace("https", "http"))
    assert refused.status == 2
    assert "--ca FILE" in refused.err
    assert unencrypted.status == 2
    wrong = smoke(address, f"--ca={key}")
    assert wrong.status == 2
    assert "expected a file of certificates" in wrong.err
