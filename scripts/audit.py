"""Look the image's packages up in the lists of known faults: ``make audit``.

Python packages come from the locked requirements, Debian packages from the document that
``make sbom`` wrote. A Debian package for which there is no fix yet is shown, but is no failure.

Exit status: 0 if all packages were looked up and no fault is known, 1 if one is known, 3 if none is
known but not all could be looked up. Then nothing is proved.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.supply.advisories import SERVICE, Finding, Report, debian_report, python_report

_FOUND = 1
_UNCHECKED = 3
_REQUIREMENTS = [Path("requirements/runtime.txt"), Path("requirements/tensorflow.txt")]


def debian_sources(document: Path) -> tuple[str, list[tuple[str, str]]]:
    """The release of Debian, and what its packages were built from, as (name, version)."""
    release, sources = "", []
    for component in json.loads(document.read_text(encoding="utf-8"))["components"]:
        if component.get("purl", "").startswith("pkg:deb/"):
            values = {each["name"]: each["value"] for each in component["properties"]}
            sources.append((values["debian:source:name"], values["debian:source:version"]))
            release = component["purl"].rpartition("distro=debian-")[2]
    return release, sources


def lines(report: Report) -> Iterator[str]:
    """What a person reads of a report."""
    for finding in sorted(report.findings):
        yield f"{finding.package} {finding.version}: {finding.advisory}, {_remedy(finding)}"
    if report.unchecked:
        yield f"{report.kind}: NOT CHECKED. {report.unchecked}"
    else:
        yield f"{report.kind}: {report.asked} checked, {len(report.findings)} known faults"


def _remedy(finding: Finding) -> str:
    return f"fixed in {', '.join(finding.fixed)}" if finding.fixed else "not fixed yet"


def main() -> None:
    """Print each known fault, and what could not be looked up."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sbom", type=Path, default=Path(".aws-sam/sbom.cdx.json"))
    parser.add_argument("--service", default=SERVICE, help="an address that answers as OSV does")
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="ID", help="an advisory that is accepted"
    )
    parser.add_argument("--allow-unchecked", action="store_true", help="exit status 0 instead of 3")
    options = parser.parse_args()
    if not options.sbom.exists():
        parser.error(f"{options.sbom} is missing: run `make sbom`")
    release, sources = debian_sources(options.sbom)
    python = python_report(_REQUIREMENTS, options.service, options.ignore)
    debian = debian_report(sources, release, options.service, options.ignore)
    for report in (python, debian):
        print(*lines(report), sep="\n")
    if python.findings or any(finding.fixed for finding in debian.findings):
        print(
            "`make lock` takes newer Python packages, `make build REFRESH=1` newer ones of Debian."
        )
        sys.exit(_FOUND)
    if (python.unchecked or debian.unchecked) and not options.allow_unchecked:
        sys.exit(_UNCHECKED)


if __name__ == "__main__":
    main()
