"""A collector of traces: an HTTP server that reads OTLP, as OpenTelemetry's own does."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """What has arrived. ``status`` is what the collector answers."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.requests: list[ExportTraceServiceRequest] = []

    @property
    def resource(self) -> dict[str, Any]:
        """Attributes of the process that sent the first spans."""
        return _values(self.requests[0].resource_spans[0].resource.attributes)

    @property
    def spans(self) -> list[Any]:
        """Every span, in the order of their beginnings."""
        spans = [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        return sorted(spans, key=lambda span: int(span.start_time_unix_nano))


def attributes(span: Any) -> dict[str, Any]:
    return _values(span.attributes)


def _values(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector on loopback."""
    collected = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            assert self.headers["content-type"] == "application/x-protobuf"
            collected.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(collected.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    collected.url = f"http://127.0.0.1:{server.server_address[1]}/v1/traces"
    try:
        yield collected
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
