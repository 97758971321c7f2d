"""X-Ray: the SDK's segments arrive where its daemon would listen."""

import json
import os
import socket
import subprocess
import sys

from tests.processes import MODELS, REPOSITORY

CALL = """
import json, pathlib
from tests.aws import context
from functions.api.handler import lambda_handler

event = json.loads(pathlib.Path("tests/events/predict_gzip.json").read_text())
assert lambda_handler(event, context())["statusCode"] == 200
"""


def test_a_request_is_traced_where_a_daemon_listens() -> None:
    trace = "1-5759e988-bd862e3fe1be46a994272793"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(60)
        environment = {
            "PYTHONPATH": ".:layers",
            "MODELS_DIR": str(MODELS),
            "LAMBDA_TASK_ROOT": str(REPOSITORY),
            "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}",
            "_X_AMZN_TRACE_ID": f"Root={trace};Parent=53995c3f42cd8ad8;Sampled=1",
        }
        subprocess.run(
            [sys.executable, "-c", CALL],
            cwd=REPOSITORY,
            env=os.environ | environment,
            check=True,
            capture_output=True,
        )
        header, segment = daemon.recv(65_536).split(b"\n", 1)
    assert json.loads(header) == {"format": "json", "version": 1}
    traced = json.loads(segment)
    assert traced["trace_id"] == trace
    assert traced["name"] == "## lambda_handler"
    assert traced["annotations"]["ColdStart"] is True
    assert "response" not in segment.decode(), "answers are not for the trace"
