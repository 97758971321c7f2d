"""What is known against packages, by OSV: the advisories of PyPA and of Debian in one service.

pip-audit asks for the Python packages. It does not know Debian's, so those are asked for here.

Format: OSV, "POST /v1/query", and OSV's schema.
"""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SERVICE = "https://api.osv.dev/v1/query"
_SECONDS = 30
_AT_ONCE = 8
_MOST_PAGES = 50


@dataclass(frozen=True, order=True)
class Finding:
    """One advisory against one package. ``fixed`` is empty where nobody has fixed it yet."""

    package: str
    version: str
    advisory: str
    fixed: tuple[str, ...] = ()


@dataclass
class Report:
    """What was asked of a kind of packages. ``unchecked`` says why something was not."""

    kind: str
    asked: int = 0
    findings: list[Finding] = field(default_factory=list)
    unchecked: str = ""


def python_report(requirements: Sequence[Path], service: str, ignored: Iterable[str]) -> Report:
    """Ask pip-audit for the locked requirements. It installs nothing."""
    report = Report("Python packages")
    files = [word for file in requirements for word in ("--requirement", str(file))]
    skipped = [word for advisory in ignored for word in ("--ignore-vuln", advisory)]
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off"]
    command += ["--disable-pip", "--require-hashes", "--vulnerability-service=osv"]
    done = subprocess.run(
        [*command, "--osv-url", service, *files, *skipped],
        check=False,
        capture_output=True,
        text=True,
    )
    try:
        dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:  # pip-audit writes a document only when it has asked for every package
        last = (done.stderr.strip() or "pip-audit said nothing").splitlines()[-1]
        report.unchecked = f"{service} did not answer: {last}"
        return report
    report.asked = len(dependencies)
    if reasons := [each["skip_reason"] for each in dependencies if "skip_reason" in each]:
        report.unchecked = f"{len(reasons)} of {report.asked} were passed over: {reasons[0]}"
    report.findings = [
        Finding(each["name"], each["version"], found["id"], tuple(found["fix_versions"]))
        for each in dependencies
        for found in each.get("vulns", [])
    ]
    return report


def debian_report(
    sources: Iterable[tuple[str, str]], release: str, service: str, ignored: Iterable[str]
) -> Report:
    """Ask for the sources of Debian packages, as (name, version)."""
    packages = sorted(set(sources))
    report = Report("Debian packages", asked=len(packages))
    ecosystem = f"Debian:{release}"
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        try:
            answers = list(threads.map(lambda each: _query(service, ecosystem, *each), packages))
        except (OSError, ValueError, KeyError) as error:
            report.asked = 0
            report.unchecked = f"{service} did not answer: {error}"
            threads.shutdown(cancel_futures=True)
            return report
    report.findings = [
        Finding(name, version, advisory["id"], _fixed_in(advisory, name, ecosystem))
        for (name, version), advisories in zip(packages, answers, strict=True)
        for advisory in advisories
        if not advisory.get("withdrawn")
        and {advisory["id"], *advisory.get("aliases", ())}.isdisjoint(ignored)
    ]
    return report


def _query(service: str, ecosystem: str, name: str, version: str) -> list[dict[str, Any]]:
    """All advisories that affect this version, page by page."""
    query: dict[str, Any] = {
        "package": {"name": name, "ecosystem": ecosystem},
        "version": version,
    }
    advisories: list[dict[str, Any]] = []
    for _ in range(_MOST_PAGES):
        request = urllib.request.Request(  # noqa: S310 - an address that the caller gave
            service, json.dumps(query).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
            page: dict[str, Any] = json.load(answer)
        advisories += page.get("vulns", [])
        if not page.get("next_page_token"):
            return advisories
        query["page_token"] = page["next_page_token"]
    raise ValueError(f"more than {_MOST_PAGES} pages of advisories for {name}")


def _fixed_in(advisory: dict[str, Any], name: str, ecosystem: str) -> tuple[str, ...]:
    package = {"name": name, "ecosystem": ecosystem}
    return tuple(
        event["fixed"]
        for affected in advisory.get("affected", [])
        if package.items() <= affected.get("package", {}).items()
        for changes in affected.get("ranges", [])
        for event in changes.get("events", [])
        if "fixed" in event
    )
