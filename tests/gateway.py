"""API Gateway's part in front of the Lambda emulator: HTTP in, version 2.0 events out.

Format: AWS, "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0. Bodies that
are not text arrive base64-encoded, as they do from API Gateway.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.processes import fetch

_TEXT = ("application/json", "text/")


@contextmanager
def gateway(invocations: str) -> Iterator[str]:
    """The address of an HTTP API whose every route invokes the function."""
    one_at_a_time = threading.Lock()  # the emulator panics otherwise

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            event = _event(self, body)
            with one_at_a_time:
                response = json.loads(fetch(invocations, json.dumps(event).encode()))
            content = response.get("body", "").encode()
            if response.get("isBase64Encoded"):
                content = base64.b64decode(content)
            self.send_response(response["statusCode"])
            for name, value in response.get("headers", {}).items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _event(request: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
    path, _, query = request.path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    is_text = headers.get("content-type", "").startswith(_TEXT)
    is_text = is_text and "content-encoding" not in headers
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "127.0.0.1",
            "http": {
                "method": request.command,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": "local",
            "routeKey": "$default",
            "stage": "$default",
            "time": "23/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795435200000,
        },
        "body": body.decode() if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }
