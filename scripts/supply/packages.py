"""Packages of Python and of Debian, from the files that their installers leave behind."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.parser import HeaderParser

from scripts.supply.image import COPYRIGHT, DPKG, PYTHON, RELEASE

_LICENCE = re.compile(r"^License:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_SOURCE = re.compile(r"(?P<name>\S+)(?: \((?P<version>[^)]+)\))?")
_NO_LICENCE = {"", "UNKNOWN"}
_MOST_CHARACTERS = 80  # of a licence's name; some packages give the whole text


@dataclass(frozen=True)
class Package:
    """One installed package. ``source`` is what a Debian package was built from."""

    name: str
    version: str
    licences: tuple[str, ...] = ()
    expression: str = ""  # of SPDX, where the package gives one
    architecture: str = ""
    source: tuple[str, str] = field(default=("", ""))  # name, version


def python_packages(files: Mapping[str, str]) -> Iterator[Package]:
    """Packages in the image's folders, from each ``METADATA``."""
    for path, text in sorted(files.items()):
        if not PYTHON.fullmatch(path):
            continue
        metadata = HeaderParser().parsestr(text)
        classified = [
            value.rpartition(" :: ")[2]
            for value in metadata.get_all("Classifier", [])
            if value.startswith("License :: ")
        ]
        stated = str(metadata.get("License", "")).strip()
        short = [] if "\n" in stated or len(stated) > _MOST_CHARACTERS else [stated]
        yield Package(
            name=re.sub(r"[-_.]+", "-", str(metadata["Name"])).lower(),
            version=str(metadata["Version"]),
            licences=_named(short if short != [""] else classified),
            expression=str(metadata.get("License-Expression", "")),
        )


def debian_packages(files: Mapping[str, str]) -> Iterator[Package]:
    """Installed packages, from dpkg's status file."""
    licences = {
        match[1]: _named(_LICENCE.findall(text))
        for path, text in files.items()
        if (match := COPYRIGHT.fullmatch(path))
    }
    for paragraph in files[DPKG].strip().split("\n\n"):
        fields = HeaderParser().parsestr(paragraph)
        if not str(fields["Status"]).endswith(" installed"):
            continue
        name, version = str(fields["Package"]), str(fields["Version"])
        source = _SOURCE.fullmatch(str(fields.get("Source", name)))
        yield Package(
            name=name,
            version=version,
            licences=licences.get(name, ()),
            architecture=str(fields["Architecture"]),
            source=(source["name"], source["version"] or version) if source else (name, version),
        )


def debian_release(files: Mapping[str, str]) -> str:
    """The number of the Debian release, such as 13."""
    found = re.search(r'^VERSION_ID="?(\d+)', files[RELEASE], re.MULTILINE)
    if not found:
        raise SystemExit(f"the image's {RELEASE} has no VERSION_ID")
    return found[1]


def _named(licences: list[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in licences if name not in _NO_LICENCE}))
