"""Traces arrive at a collector that speaks OTLP, and one that is down disturbs nobody."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.collector import attributes, collector
from tests.processes import MODELS, REPOSITORY, free_port, running, wait_until_answering

TRACE = "5759e988bd862e3fe1be46a994272793"  # pragma: allowlist secret
PARENT = "53995c3f42cd8ad8"  # pragma: allowlist secret
XRAY = f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={PARENT};Sampled={{}};Lineage=1:a87bd80c:0"
CALL = """
import json, pathlib, sys, time
from tests.aws import context
from functions.api.handler import lambda_handler

event = json.loads(pathlib.Path("tests/events/predict_gzip.json").read_text())
event["headers"] |= {headers}
seconds = []
for _ in range({calls}):
    started = time.monotonic()
    assert lambda_handler(event, context())["statusCode"] == 200
    seconds.append(time.monotonic() - started)
parts = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "requests")
loaded = [name for name in sys.modules if name.startswith(parts)]
print("RESULT " + json.dumps({{"seconds": seconds, "loaded": loaded}}))
"""


def call(
    environment: dict[str, str], calls: int = 1, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """What a process saw that handled so many events."""
    done = subprocess.run(
        [sys.executable, "-c", CALL.format(calls=calls, headers=headers or {})],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": ".:layers", "MODELS_DIR": str(MODELS)} | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    result: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    return result


def endpoint(url: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url}


def test_an_invocation_continues_the_trace_of_lambda() -> None:
    with collector() as collected:
        environment = {
            "_X_AMZN_TRACE_ID": XRAY.format(1),
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
            "AWS_LAMBDA_FUNCTION_VERSION": "7",
            "POWERTOOLS_SERVICE_NAME": "stack",
        }
        call(endpoint(collected.url) | environment, calls=2)
    assert collected.resource["service.name"] == "stack"
    assert collected.resource["faas.version"] == "7"
    first, request, predicted, second, *_ = collected.spans
    assert first.name == "ApiFunction"
    assert first.trace_id.hex() == request.trace_id.hex() == predicted.trace_id.hex() == TRACE
    assert first.parent_span_id.hex() == PARENT
    assert attributes(first)["http.response.status_code"] == 200
    assert [attributes(span)["faas.coldstart"] for span in (first, second)] == [True, False]
    assert predicted.name == "predict"
    assert request.name == "POST /v1/models/{name}:predict"
    assert request.parent_span_id == first.span_id
    assert predicted.parent_span_id == request.span_id
    assert attributes(predicted) == {"model": "iris", "rows": 2}
    assert len(collected.requests) == 2, "each invocation sends its spans before it ends"


def test_what_lambda_does_not_sample_is_not_sent() -> None:
    with collector() as collected:
        call(endpoint(collected.url) | {"_X_AMZN_TRACE_ID": XRAY.format(0)})
    assert collected.requests == []


def test_without_lambdas_trace_the_callers_is_continued() -> None:
    with collector() as collected:
        environment = endpoint(collected.url) | {"_X_AMZN_TRACE_ID": "not a trace"}
        call(environment, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    assert collected.spans[0].trace_id.hex() == TRACE


@pytest.mark.parametrize("variables", [{}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": ""}])
def test_where_nobody_collects_no_sdk_is_imported(variables: dict[str, str]) -> None:
    # FastAPI itself imports OpenTelemetry's interface, without anything behind it.
    daemon = {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000"}  # Lambda always sets it
    assert call(variables | daemon)["loaded"] == []


def test_an_unreachable_collector_costs_no_answer_and_no_error() -> None:
    call(endpoint(f"http://127.0.0.1:{free_port()}/v1/traces"), calls=3)


def test_a_collector_that_fails_costs_no_answer_and_no_error() -> None:
    with collector() as collected:
        collected.status = 500
        call(endpoint(collected.url), calls=2)
    assert len(collected.requests) == 2


def test_a_silent_collector_delays_one_answer_by_a_second() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces"
        first, *others = call(endpoint(url), calls=4)["seconds"]
    assert first < 5, "an answer waited for the collector's own time limit"
    assert sum(others) < first, "other answers waited as well"


def test_a_server_traces_its_requests_to_the_last(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "functions.api.server", "--port", str(port)]
    environment = {"PYTHONPATH": ".:layers", "MODELS_DIR": str(MODELS)}
    url = f"http://127.0.0.1:{port}/v2/models/iris/ready"
    with (
        collector() as collected,
        running(command, log, environment | endpoint(collected.url)) as process,
    ):
        wait_until_answering(url, process, log)
        request = urllib.request.Request(url, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        urllib.request.urlopen(request, timeout=60).close()
        process.terminate()
        process.wait(timeout=60)
    assert "Traceback" not in log.read_text()
    (span,) = [span for span in collected.spans if span.trace_id.hex() == TRACE]
    assert span.parent_span_id.hex() == PARENT
    assert span.name.startswith("GET /v2/models/")
    assert attributes(span)["http.response.status_code"] == 200
