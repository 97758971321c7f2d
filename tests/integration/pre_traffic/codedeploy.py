"""CodeDeploy as the hook hears of it, over HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NO_ANSWER = "no answer"


@dataclass
class CodeDeploy:
    """What it was told, and how it fails before it answers: a status, an error, or no answer."""

    url: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    failures: list[int | str] = field(default_factory=list)


@contextmanager
def codedeploy() -> Iterator[CodeDeploy]:
    """A CodeDeploy that runs."""
    deployments = CodeDeploy()
    is_over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].split(".")[1]
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            deployments.told.append({"operation": operation, **body})
            failure = deployments.failures.pop(0) if deployments.failures else None
            if failure == NO_ANSWER:
                is_over.wait()
            elif isinstance(failure, str):
                self._answer(400, {"__type": failure, "message": "no"})
            else:
                identity = body["lifecycleEventHookExecutionId"]
                self._answer(failure or 200, {"lifecycleEventHookExecutionId": identity})

        def _answer(self, status: int, content: dict[str, str]) -> None:
            answer = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    deployments.url = f"http://127.0.0.1:{server.server_port}"
    yield deployments
    is_over.set()
    server.shutdown()
    thread.join()
    server.server_close()
