"""``scripts.audit`` against a server that answers as OSV documents, or does not answer."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.processes import REPOSITORY, free_port

Advisories = dict[tuple[str, str], list[dict[str, Any]]]  # by ecosystem and name
PYTHON = {"purl": "pkg:pypi/numpy@2.0.0", "name": "numpy", "type": "library"}


def debian(name: str, source: str) -> dict[str, Any]:
    values = {"debian:source:name": source, "debian:source:version": "1.0-1"}
    return {
        "purl": f"pkg:deb/debian/{name}@1.0-1?arch=amd64&distro=debian-13",
        "properties": [{"name": key, "value": value} for key, value in values.items()],
    }


def advisory(ecosystem: str, name: str, identity: str, *events: dict[str, str]) -> dict[str, Any]:
    changes = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *events]}
    package = {"ecosystem": ecosystem, "name": name}
    return {
        "id": identity,
        "schema_version": "1.7.3",
        "affected": [{"package": package, "ranges": [changes]}],
    }


@contextmanager
def osv(advisories: Advisories, status: int = 200) -> Iterator[str]:
    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            package = asked["package"]
            found = advisories.get((package["ecosystem"], package["name"]), [])
            page = int(asked.get("page_token", 0))  # one advisory on each
            answer: dict[str, Any] = {"vulns": found[page : page + 1]} if found else {}
            if package["ecosystem"] != "PyPI" and page + 1 < len(found):
                answer["next_page_token"] = str(page + 1)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        server.shutdown()


@pytest.fixture
def sbom(tmp_path: Path) -> Path:
    file = tmp_path / "sbom.json"
    components = [PYTHON, debian("libssl3t64", "openssl"), debian("bash", "bash")]
    file.write_text(json.dumps({"components": components}))
    return file


def audit(sbom: Path, service: str, *options: str) -> subprocess.CompletedProcess[str]:
    python = REPOSITORY / ".venv-supply/bin/python"
    command: list[str | Path] = [
        python,
        "-m",
        "scripts.audit",
        f"--sbom={sbom}",
        f"--service={service}",
        *options,
    ]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)


def test_nothing_known(sbom: Path) -> None:
    with osv({}) as service:
        done = audit(sbom, service)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Debian packages: 2 checked, 0 known faults" in done.stdout
    assert "NOT CHECKED" not in done.stdout


def test_a_fault_of_a_python_package_is_named(sbom: Path) -> None:
    known = advisory("PyPI", "numpy", "PYSEC-2026-1", {"fixed": "9.9.9"})
    with osv({("PyPI", "numpy"): [known]}) as service:
        done = audit(sbom, service)
        accepted = audit(sbom, service, "--ignore=PYSEC-2026-1")
    assert done.returncode == 1
    assert "numpy " in done.stdout
    assert "PYSEC-2026-1, fixed in 9.9.9" in done.stdout
    assert accepted.returncode == 0


def test_a_fault_of_debian_fails_only_where_there_is_a_fix(sbom: Path) -> None:
    unfixed = advisory("Debian:13", "openssl", "DEBIAN-CVE-2026-1")
    fixed = advisory("Debian:13", "openssl", "DEBIAN-CVE-2026-2", {"fixed": "1.0-2"})
    with osv({("Debian:13", "openssl"): [unfixed]}) as service:
        done = audit(sbom, service)
    assert done.returncode == 0
    assert "openssl 1.0-1: DEBIAN-CVE-2026-1, not fixed yet" in done.stdout
    with osv({("Debian:13", "openssl"): [unfixed, fixed]}) as service:  # on two pages
        done = audit(sbom, service)
    assert done.returncode == 1
    assert "openssl 1.0-1: DEBIAN-CVE-2026-2, fixed in 1.0-2" in done.stdout


@pytest.mark.parametrize("reachable", [False, True])
def test_a_service_that_does_not_answer_proves_nothing(sbom: Path, *, reachable: bool) -> None:
    with osv({}, status=503) as broken:
        service = broken if reachable else f"http://127.0.0.1:{free_port()}/v1/query"
        done = audit(sbom, service)
        allowed = audit(sbom, service, "--allow-unchecked")
    assert done.returncode == 3
    for kind in ("Python", "Debian"):
        assert f"{kind} packages: NOT CHECKED. {service} did not answer" in done.stdout
    assert allowed.returncode == 0
    assert "NOT CHECKED" in allowed.stdout
