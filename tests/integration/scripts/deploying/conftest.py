"""`scripts.deploy` as a process. `sam`, `docker` and AWS are stubs that speak their protocols."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.integration.scripts.deploying.account import Account
from tests.processes import REPOSITORY

_SAM = """#!{python}
import json, os, sys, urllib.request
from pathlib import Path
from samcli.yamlhelper import yaml_parse
words = sys.argv[1:]
find = lambda name: next(w.partition("=")[2] for w in words if w.startswith(name + "="))
overrides = next((w.removeprefix("file://") for w in words if w.startswith("file://")), None)
from samcli.cli.types import CfnParameterOverridesType
convert = CfnParameterOverridesType().convert
values = convert((f"file://{{overrides}}",), None, None) if overrides else {{}}
template = json.loads(json.dumps(yaml_parse(Path(find("--template-file")).read_text())))
names = ("AWS_PROFILE", "AWS_REGION")
sent = {{"words": words, "parameters": values, "template": template,
        "environment": {{name: os.environ.get(name, "") for name in names}}}}
request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/sam", json.dumps(sent).encode())
sys.exit(int(urllib.request.urlopen(request).read()))
"""
_DOCKER = """#!{python}
import json, os, sys
from pathlib import Path
state = Path(os.environ["DOCKER_STUB"])
words = sys.argv[1:]
with (state / "calls").open("a") as calls:
    calls.write(" ".join(words) + chr(10))
if words[:2] == ["image", "inspect"]:
    print(json.dumps([{{"Id": "sha256:" + "c" * 64, "Architecture": "amd64"}}]))
if words[0] == "login":
    (state / "password").write_text(sys.stdin.read())
if words[0] == "push":
    sys.exit((state / "push").exists() and int((state / "push").read_text()))
"""
SAMCONFIG = """version = 0.1

[dev.deploy.parameters]
stack_name = "models-dev"  # the comment stays
region = "eu-west-1"

[dev.deploy.parameters.parameter_overrides]
Callers = "iam"

[prod.deploy.parameters]
stack_name = "models-prod"
region = "eu-central-1"
tags = "environment=prod"

[prod.deploy.parameters.parameter_overrides]
Callers = "api-key"
MemorySize = "3008"
ScheduleExpression = "cron(0 6 * * ? *)"

[fresh.deploy.parameters]
stack_name = "models-fresh"
"""


@dataclass
class Deployment:
    """Runs the scripts. ``config`` is their samconfig.toml, ``docker`` the folder of the stub."""

    account: Account
    config: Path
    docker: Path
    run: Callable[..., "subprocess.CompletedProcess[str]"]

    def docker_calls(self) -> list[str]:
        calls = self.docker / "calls"
        return (
            [line.split()[0] for line in calls.read_text().splitlines()] if calls.exists() else []
        )


@pytest.fixture
def account() -> Iterator[tuple[Account, str]]:
    account = Account()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = account.answer(self, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())

        do_GET = do_DELETE = do_POST  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield account, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def deployment(account: tuple[Account, str], tmp_path: Path) -> Deployment:
    state, address = account
    environment = REPOSITORY / ".venv-sam"
    if not environment.exists():
        pytest.skip("SAM is not installed: make .venv-sam/sam")
    binaries, docker = tmp_path / "venv/bin", tmp_path / "docker"
    binaries.mkdir(parents=True)
    docker.mkdir()
    for name in ("pyvenv.cfg", "lib"):
        (tmp_path / "venv" / name).symlink_to(environment / name)
    python = binaries / "python"
    python.symlink_to((environment / "bin/python").resolve())
    for name, text in (("sam", _SAM), ("docker", _DOCKER)):
        (binaries / name).write_text(text.format(python=python))
        (binaries / name).chmod(0o755)
    config = tmp_path / "samconfig.toml"
    config.write_text(SAMCONFIG)
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "default-key",
        "AWS_SECRET_ACCESS_KEY": "secret",  # pragma: allowlist secret
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "DOCKER_STUB": str(docker),
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
    }
    (tmp_path / "credentials").write_text(
        "[team]\naws_access_key_id = key-of-the-team\n"
        "aws_secret_access_key = secret\n"  # pragma: allowlist secret
    )

    def run(
        *words: str, script: str = "deploy", **changes: str | None
    ) -> "subprocess.CompletedProcess[str]":
        options = [] if script == "rollback" else ["--no-build"]
        merged = {k: v for k, v in (variables | changes).items() if v is not None}
        return subprocess.run(
            [python, "-m", f"scripts.{script}", f"--config-file={config}", *options, *words],
            cwd=REPOSITORY,
            env=merged,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    return Deployment(state, config, docker, run)
