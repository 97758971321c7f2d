"""Traces by OpenTelemetry, sent by OTLP over HTTP. Imported only where an endpoint is set.

A function is stopped between two invocations. So its spans are sent before it answers, and the
answer waits for that no longer than a second, whatever the collector does.
"""

import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import set_global_textmap
from opentelemetry.propagators.aws import AwsXRayPropagator
from opentelemetry.propagators.textmap import CarrierT, Getter, default_getter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from requests import Session

from inference.settings import settings, xray_header

_SECONDS_TO_WAIT = 1.0  # of an answer, for its spans
# Of a collector to accept them. While one attempt lasts, the next answers do not wait: a collector
# that is down delays one answer in so many seconds, and not each of them.
_SECONDS_TO_SEND = 10.0
_SERVER_ERROR = 500
# The worker of a function must not begin a request at the moment in which Lambda stops it.
_MILLISECONDS_OF_WORKER = 3_600_000 if settings.on_lambda else 5_000
# Hosts of X-Ray in every partition, also FIPS, dual-stack and in a VPC.
_XRAY = re.compile(
    r"(?:^|\.)xray(?:-fips)?\.(?P<region>[a-z]+(?:-[a-z]+)+-\d+)\."
    r"(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$"
)


class _UniqueIds(IdGenerator):
    """Ids that stay unique where a snapshot starts many times; Python's generator would repeat."""

    def generate_span_id(self) -> int:
        return secrets.randbits(64) or 1

    def generate_trace_id(self) -> int:
        return secrets.randbits(128) or 1


class _OpenSpanFirst(TraceContextTextMapPropagator):
    """Continues the span that is open, else the caller's ``traceparent``.

    FastAPI makes a span for each request. On Lambda it belongs into the one of the invocation.
    """

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        current = get_current()
        if trace.get_current_span(current).get_span_context().is_valid:
            return current
        return super().extract(carrier, context, getter)


class Tracing:
    """Makes spans, and sends them."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("inference")
        self._is_cold = True
        self._sending: threading.Thread | None = None

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, str | int]) -> Iterator[None]:
        """A span of the current trace."""
        with self._start(name, attributes):
            yield

    def around(self, handler: Any) -> Any:  # noqa: ANN401 - the type is that of `telemetry.traced`
        """The Lambda handler in a span of its own, which is sent before the handler returns."""

        @wraps(handler)
        def traced_handler(event: dict[str, Any], context: Any) -> Any:  # noqa: ANN401
            attributes = _of_invocation(event, context) | {"faas.coldstart": self._is_cold}
            self._is_cold = False
            try:
                with self._start(
                    context.function_name, attributes, _parent(event), SpanKind.SERVER
                ) as span:
                    response = handler(event, context)
                    if isinstance(response, dict) and "statusCode" in response:
                        _set_status(span, response["statusCode"])
                    return response
            finally:
                self.send()

        return traced_handler

    def send(self) -> None:
        """Send what is recorded, and wait for a second at most.

        A thread, because the look-up of a host's address knows no time limit. Where the last one
        is not through yet, the spans stay for the next time, and nobody waits.
        """
        if self._sending and self._sending.is_alive():
            return
        self._sending = threading.Thread(target=self._provider.force_flush, daemon=True)
        self._sending.start()
        self._sending.join(_SECONDS_TO_WAIT)

    @contextmanager
    def _start(
        self,
        name: str,
        attributes: Mapping[str, str | int],
        parent: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Iterator[Span]:
        """An error is noted by its type alone: its text may repeat what a client sent."""
        with self._tracer.start_as_current_span(
            name,
            parent,
            kind,
            attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise


def start_tracing() -> Tracing:
    """Traces to the endpoint of the settings. Those of FastAPI and other libraries go there too."""
    session = Session()
    xray = region_of_xray(settings.traces_endpoint)
    if xray:
        # Importing botocore takes 0.06 s, which a collector of one's own does not need.
        from inference.sigv4 import XRaySignature  # noqa: PLC0415

        session.auth = XRaySignature(xray)
    exporter = OTLPSpanExporter(
        settings.traces_endpoint,
        timeout=_SECONDS_TO_SEND,
        compression=Compression.Gzip,
        session=session,
    )
    resource = {"service.name": settings.service_name}
    if settings.on_lambda:
        resource |= {"cloud.platform": "aws_lambda", "faas.version": settings.function_version}
    provider = TracerProvider(
        resource=Resource.create(resource),
        id_generator=_UniqueIds(),
        # A process would wait half a minute for a collector that is down; `send` was called before.
        shutdown_on_exit=False,
    )
    provider.add_span_processor(
        BatchSpanProcessor(exporter, schedule_delay_millis=_MILLISECONDS_OF_WORKER)
    )
    trace.set_tracer_provider(provider)
    set_global_textmap(_OpenSpanFirst())
    return Tracing(provider)


def region_of_xray(endpoint: str) -> str | None:
    """The region of X-Ray's own endpoint, or None for another collector.

    >>> region_of_xray("https://xray.eu-central-1.amazonaws.com/v1/traces")
    'eu-central-1'
    """
    url = urlsplit(endpoint)
    found = _XRAY.search(url.hostname or "") if url.scheme == "https" else None
    return found["region"] if found else None


def _set_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= _SERVER_ERROR:
        span.set_status(StatusCode.ERROR)


def _of_invocation(event: dict[str, Any], context: Any) -> dict[str, str | int]:  # noqa: ANN401
    """Attributes of an invocation by their names in OpenTelemetry's conventions."""
    attributes: dict[str, str | int] = {"faas.invocation_id": context.aws_request_id}
    # Of API Gateway's events; those of the schedule have none.
    http = event.get("requestContext", {}).get("http")
    if http:
        attributes |= {"http.request.method": http["method"], "url.path": http["path"]}
    return attributes


def _parent(event: dict[str, Any]) -> Context:
    """The trace that Lambda continues, else the one of the caller's ``traceparent``."""
    parent = TraceContextTextMapPropagator().extract(event.get("headers") or {})
    return AwsXRayPropagator().extract({"X-Amzn-Trace-Id": xray_header()}, parent)
