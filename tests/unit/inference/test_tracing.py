"""Which requests are signed for X-Ray, and with what."""

import re
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter

from inference.settings import Settings
from inference.sigv4 import XRaySignature
from inference.tracing import Tracing, _UniqueIds, region_of_xray
from tests.aws import context, use_credentials

PATH = "/v1/traces"


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://xray.eu-central-1.amazonaws.com", "eu-central-1"),
        ("https://xray.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("https://xray-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("https://xray.us-east-1.api.aws", "us-east-1"),
        ("https://vpce-0a1b.xray.us-east-1.vpce.amazonaws.com", "us-east-1"),
        ("http://xray.eu-central-1.amazonaws.com", None),
        ("https://xray.eu-central-1.amazonaws.com.example.com", None),
        ("https://notxray.eu-central-1.amazonaws.com", None),
        ("https://example.com/xray.eu-central-1.amazonaws.com", None),
        ("https://xray.eu-central-1.amazonaws.com@example.com", None),
        ("http://127.0.0.1:4318", None),
    ],
)
def test_only_xrays_own_hosts_get_a_signature(endpoint: str, region: str | None) -> None:
    assert region_of_xray(endpoint + PATH) == region


class _Recorded(BaseAdapter):
    """The wire, for one request."""

    headers: dict[str, str]

    def send(self, request: PreparedRequest, **_: Any) -> Response:  # type: ignore[override]
        self.headers = {name: str(value) for name, value in request.headers.items()}
        response = Response()
        response.status_code = 200
        return response

    def close(self) -> None:
        """Nothing is open."""


def test_the_signature_is_for_xray_in_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    use_credentials(monkeypatch)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token of the role")
    wire = _Recorded()
    with Session() as session:
        session.mount("https://", wire)
        session.auth = XRaySignature("eu-central-1")
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
        url = "https://xray.eu-central-1.amazonaws.com/v1/traces"
        session.post(url, data=b"spans", headers=headers)
    signature = wire.headers["Authorization"]
    assert re.search(r"Credential=test/\d{8}/eu-central-1/xray/aws4_request", signature)
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token" in signature
    assert wire.headers["X-Amz-Security-Token"] == "token of the role"  # pragma: allowlist secret
    assert wire.headers["Content-Encoding"] == "gzip"


def test_ids_do_not_come_from_the_generator_that_a_snapshot_copies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("random.getrandbits", lambda _: 7)
    ids = _UniqueIds()
    assert ids.generate_span_id() != ids.generate_span_id()
    assert ids.generate_trace_id() != ids.generate_trace_id()


def test_an_error_is_noted_without_its_text() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    def fail(_event: Any, _context: Any) -> dict[str, Any]:
        raise ValueError("what a client sent")

    with pytest.raises(ValueError, match="what a client sent"):
        Tracing(provider).around(fail)({}, context())
    (span,) = exporter.get_finished_spans()
    assert not span.status.is_ok
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert "what a client sent" not in span.to_json()


def test_an_endpoint_that_is_no_url_is_named() -> None:
    with pytest.raises(ValueError, match="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        Settings.model_validate({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "collector:4318"})
